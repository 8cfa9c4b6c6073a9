import type { Experiment, Readings } from '../../../../core/experiment.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import { openFresh } from '../fresh.ts'
import { fillRollups, loadDay } from './day.ts'
import { PERIODS, ROLLUPS } from './designs.ts'
import { findingsOf } from './findings.ts'

const DATABASE = 'arch_analytics_rollups'
/** Of the right average: less is the last digits of a division. */
const ROUNDING = 1e-9

interface Answer {
  readonly averages: string
  readonly wrong: string
  readonly largest: number
  readonly mean: number
}

/** Averages from a rollup against those of all events, by period, type and country. @throws OperationFailure */
async function compare(clickhouse: ClickHouseClient, row: string, pattern: string): Promise<Readings> {
  const rollup = ROLLUPS.find(({ name }) => name === row)
  const period = PERIODS[pattern]
  if (rollup === undefined || period === undefined) throw new RangeError(`no ${row} by ${pattern}`)
  const { rows } = await clickhouse.query<Answer>(
    `SELECT count() AS averages, countIf(error > ${ROUNDING}) AS wrong, max(error) AS largest, avg(error) AS mean
    FROM
    (
      SELECT abs(rolled.value - exact.value) / exact.value AS error
      FROM (SELECT ${period}(toDateTime(event_time, 'UTC')) AS period, event_type, country, avg(duration_ms) AS value FROM events GROUP BY period, event_type, country) AS exact
      LEFT JOIN (SELECT ${period}(minute) AS period, event_type, country, ${rollup.average} AS value FROM ${rollup.table} GROUP BY period, event_type, country) AS rolled
      USING (period, event_type, country)
    )`,
    { settings: { max_execution_time: 0 } },
  )
  const { rows: kept } = await clickhouse.query<{ rows: string }>(
    `SELECT count() AS rows FROM ${rollup.table}`,
  )
  const [answer] = rows
  return {
    averages: Number(answer?.averages ?? 0),
    wrong: Number(answer?.wrong ?? 0),
    largest: 100 * (answer?.largest ?? 0),
    mean: 100 * (answer?.mean ?? 0),
    kept: Number(kept[0]?.rows ?? 0),
  }
}

/** AVG over rollups, counted. */
export const rollups: Experiment = {
  title: 'averages of a day from a rollup by minute against those of all its events (A-22)',
  compares:
    "the text's AVG kept by minute and averaged again, against sums and counts, and against states that merge: how many averages of longer periods are wrong, and by how much",
  stores: ['clickhouse'],
  rows: ROLLUPS.map(({ name, description }) => ({ name, description })),
  patterns: Object.keys(PERIODS).map((name) => ({
    name,
    description: `average durations by ${name === 'quarter' ? 'quarter of an hour' : name}, type and country`,
    once: true,
  })),
  columns: [
    column('averages', 'averages', 'count', 1),
    column('wrong', 'wrong', 'count', 0),
    column('largest', 'largest error %', 'rate', 0),
    column('mean', 'mean error %', 'rate', 1),
    column('kept', 'rows kept', 'count', 2),
  ],
  defaults: { rounds: 1, population: 1_000_000 },
  open(stores, population, host) {
    const server = stores['clickhouse'] as ClickHouseClient
    const drop = (): Promise<void> => server.dropDatabase(DATABASE)
    return openFresh(drop, async () => {
      await server.createDatabase(DATABASE)
      const clickhouse = server.withDatabase(DATABASE)
      await loadDay(clickhouse, population, host)
      await fillRollups(clickhouse, population, host)
      for (const table of new Set(ROLLUPS.map((rollup) => rollup.table)))
        await clickhouse.command(`OPTIMIZE TABLE ${table} FINAL`, { settings: { max_execution_time: 0 } })
      return { measure: ({ row, pattern }) => compare(clickhouse, row, pattern) }
    })
  },
  findings: findingsOf,
}
