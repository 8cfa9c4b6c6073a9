import type { Experiment } from '../../../../core/experiment.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import type { PostgresClient } from '../../../../stores/postgres/client.ts'
import { loadHistory } from '../../history/load.ts'
import { historyQueries } from '../../history/queries.ts'
import { timelineOf } from '../../history/timeline.ts'
import { openFresh } from '../fresh.ts'
import { loadPostgres } from '../postgres-events.ts'
import { clickhouseSize, postgresSize, rawColumns, widenParts } from '../sizes.ts'
import { clickhouseEngine, postgresEngine } from './ask.ts'
import { bytesOf, bytesPattern } from './bytes.ts'
import type { Sizes } from './bytes.ts'
import { capacityPattern, capacityReadings } from './capacity.ts'
import { findingsOf } from './findings.ts'
import { compareEngines, QUERY_COLUMNS } from './queries.ts'
import { clickhouseContent, postgresContent } from './same-rows.ts'

async function measureSizes(postgres: PostgresClient, clickhouse: ClickHouseClient): Promise<Sizes> {
  return {
    raw: await rawColumns(clickhouse),
    postgres: await postgresSize(postgres),
    clickhouse: await clickhouseSize(clickhouse),
  }
}

/** In either store. */
const DATABASE = 'arch_analytics_experiment'

/** The same rows and queries in a row store and in a column store: what the text says of both, measured. */
export const columnStore: Experiment = {
  title: 'the same events and queries in PostgreSQL and in ClickHouse (ANA-08, ANA-24 to ANA-26, A-15)',
  compares:
    'PostgreSQL with indexes and parallel plans against ClickHouse: eleven queries with equal answers, bytes a row by column, and how much history 100 TB hold',
  stores: ['clickhouse', 'postgres'],
  rows: historyQueries.map(({ name, question }) => ({ name, description: question })),
  patterns: [
    {
      name: 'queries',
      description:
        'milliseconds of the client, once first and the better of two hot; both engines in turns (the text: 100x, ANA-25)',
    },
    bytesPattern,
    capacityPattern,
  ],
  columns: QUERY_COLUMNS,
  defaults: { rounds: 2, population: 1_000_000 },
  open(stores, population, host) {
    const server = stores['clickhouse'] as ClickHouseClient
    const postgresServer = stores['postgres'] as PostgresClient
    const timeline = timelineOf(population)
    const drop = async (): Promise<void> => {
      await server.dropDatabase(DATABASE)
      await postgresServer.dropDatabase(DATABASE)
    }
    return openFresh(drop, async () => {
      const loaded = await loadHistory({ server, database: DATABASE, population, host })
      host.line(`clickhouse ${loaded.summary}`)
      await postgresServer.createDatabase(DATABASE)
      const postgres = postgresServer.withDatabase(DATABASE)
      const clickhouse = server.withDatabase(DATABASE)
      await widenParts(clickhouse)
      const since = performance.now()
      await loadPostgres(postgres, timeline, host)
      host.line(
        `postgres ${timeline.events} events, indexed after ${Math.round((performance.now() - since) / 1e3)} s`,
      )
      const [one, other] = [await clickhouseContent(clickhouse), await postgresContent(postgres)]
      if (one.rows !== other.rows || one.hash !== other.hash)
        throw new Error(
          `ClickHouse holds ${one.rows} rows (${one.hash}), PostgreSQL ${other.rows} (${other.hash})`,
        )
      const engines = [postgresEngine(postgres, timeline), clickhouseEngine(clickhouse, timeline)] as const
      let known: Promise<Sizes> | undefined
      const sizes = (): Promise<Sizes> => (known ??= measureSizes(postgres, clickhouse))
      return {
        async measure({ pattern, row, round, signal }) {
          if (pattern === bytesPattern.name) return bytesOf(row, await sizes())
          if (pattern === capacityPattern.name) return capacityReadings(row, await sizes())
          const query = historyQueries.find(({ name }) => name === row)
          if (query === undefined) throw new RangeError(`no query ${row}`)
          return compareEngines(query, ...engines, round, signal)
        },
      }
    })
  },
  findings: findingsOf,
}
