import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import type { PostgresClient, SqlValue, Statement } from '../../../../stores/postgres/client.ts'
import { askQuery, forgetCaches } from '../../history/ask.ts'
import type { AnswerRow } from '../../history/oracle.ts'
import type { HistoryQuery } from '../../history/queries.ts'
import type { Timeline } from '../../history/timeline.ts'
import { schemaText, statementsOf } from '../../schema.ts'

// Room for a hash table a statement, and a process a core, as for a server that does nothing else.
const FOR_ANALYSIS = `BEGIN READ ONLY; SET LOCAL work_mem = '256MB'; SET LOCAL hash_mem_multiplier = 2;
SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL effective_cache_size = '8GB'; SET LOCAL random_page_cost = 1.1; SET LOCAL statement_timeout = 0`

/** A query of suite H as PostgreSQL is asked it: schemas/analytics/queries-postgres/<name>.sql. */
async function postgresStatement(name: string): Promise<Statement> {
  const [text = ''] = statementsOf(await schemaText(`schemas/analytics/queries-postgres/${name}.sql`))
  return { name: `experiment_${name}`, text }
}

/** Numbers of 64 bits are decimal texts in the answers of either engine. */
function comparable(row: object): AnswerRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'bigint' ? String(value) : value,
    ]),
  )
}

/** An answer, and how long it took with its way over the connection. */
export interface TimedAnswer {
  readonly rows: readonly AnswerRow[]
  readonly milliseconds: number
}

/** One of the two engines. */
export interface Engine {
  /** As far as the engine lets a user without special rights. */
  forget(): Promise<void>
  ask(query: HistoryQuery, signal: AbortSignal): Promise<TimedAnswer>
}

async function timed(ask: () => Promise<readonly AnswerRow[]>): Promise<TimedAnswer> {
  const since = performance.now()
  const rows = await ask()
  return { rows, milliseconds: performance.now() - since }
}

/** ClickHouse, without a cache of results. */
export function clickhouseEngine(clickhouse: ClickHouseClient, timeline: Timeline): Engine {
  return {
    forget: () => forgetCaches(clickhouse),
    ask: (query, signal) => timed(async () => (await askQuery(clickhouse, query, timeline, {}, signal)).rows),
  }
}

/** PostgreSQL, with the settings of a server for analysis; the two statements around a query are not counted. */
export function postgresEngine(postgres: PostgresClient, timeline: Timeline): Engine {
  return {
    // Who is no superuser has no way to empty its buffers.
    forget: () => Promise.resolve(),
    async ask(query) {
      const statement = await postgresStatement(query.name)
      const values: SqlValue[] = Object.values(query.parameters(timeline)) as SqlValue[]
      return postgres.transaction(
        (queries) => timed(async () => (await queries.query(statement, values)).map(comparable)),
        FOR_ANALYSIS,
      )
    },
  }
}
