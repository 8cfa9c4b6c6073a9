import type { Experiment } from '../../../../core/experiment.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import { dashboardTexts } from '../../fixed/realtime/dashboards.ts'
import { COLD_AND_HOT } from '../../history/ask.ts'
import { DASHBOARD_NAMES } from '../../model.ts'
import type { DashboardName } from '../../model.ts'
import { schemaText, statementsOf } from '../../schema.ts'
import { openFresh } from '../fresh.ts'
import { loadLastHalfHour } from './data.ts'
import { findingsOf } from './findings.ts'
import { measureDashboard } from './measure.ts'
import { PATTERN } from './pattern.ts'

const DATABASE = 'arch_analytics_dashboards'
const QUESTIONS: Readonly<Record<DashboardName, string>> = {
  traffic: 'a quarter of an hour by minute',
  places: 'half an hour by country and device',
  pages: 'the ten most viewed pages of five minutes',
}

async function textOfEvents(name: DashboardName): Promise<string> {
  const [text = ''] = statementsOf(await schemaText(`schemas/analytics/dashboards-of-events/${name}.sql`))
  return text
}

/** Suite R with nothing beside it, by the protocol of suite H. */
export const dashboards: Experiment = {
  title: 'dashboards from rollups and from the events, cold and hot (A-17, A-20)',
  compares:
    'the queries of suite R as the real-time path answers them, and the same questions of the table of events: time, rows, bytes and granules read, and where the answers differ',
  stores: ['clickhouse'],
  rows: DASHBOARD_NAMES.map((name) => ({ name, description: QUESTIONS[name] })),
  patterns: [{ name: PATTERN, description: `events of the last half hour; ${COLD_AND_HOT}` }],
  columns: [
    column('rollupCold', 'rollup cold ms', 'milliseconds', 1, true),
    column('rollupHot', 'rollup hot ms', 'milliseconds', 0, true),
    column('rollupRows', 'rollup rows read', 'rate', 2),
    column('rollupBytes', 'rollup MB', 'rate', 3),
    column('rollupGranules', 'rollup granules', 'count', 4),
    column('eventsCold', 'events cold ms', 'milliseconds', 1, true),
    column('eventsHot', 'events hot ms', 'milliseconds', 0, true),
    column('eventsRows', 'events rows read', 'rate', 2),
    column('eventsBytes', 'events MB', 'rate', 3),
    column('eventsGranules', 'events granules', 'count', 4),
    column('ratio', 'ratio', 'ratio', 0, true),
    column('answered', 'rows', 'count', 5),
    column('differ', 'differ', 'count', 0),
  ],
  defaults: { rounds: 3, population: 5_000_000 },
  open(stores, population, host) {
    const server = stores['clickhouse'] as ClickHouseClient
    const drop = (): Promise<void> => server.dropDatabase(DATABASE)
    return openFresh(drop, async () => {
      await server.createDatabase(DATABASE)
      const clickhouse = server.withDatabase(DATABASE)
      await loadLastHalfHour(clickhouse, population, host)
      const ofRollups = await dashboardTexts()
      return {
        async measure({ row, round, signal }) {
          const name = row as DashboardName
          const question = { rollup: ofRollups[name], events: await textOfEvents(name) }
          return measureDashboard(clickhouse, question, round, signal)
        },
      }
    })
  },
  findings: findingsOf,
}
