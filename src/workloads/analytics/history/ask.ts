import { z } from 'zod'
import type { Granules, RunningQueries } from '../../../core/suite.ts'
import type {
  ClickHouseAsk,
  ClickHouseClient,
  ClickHouseSettings,
  QueryAnswer,
} from '../../../stores/clickhouse/client.ts'
import { sizeOf } from './room.ts'
import { historyQueries, queryText } from './queries.ts'
import type { HistoryQuery } from './queries.ts'
import type { AnswerRow } from './oracle.ts'
import type { Timeline } from './timeline.ts'

/** What the engine holds in memory of data on disk. */
const CACHES = [
  'MARK CACHE',
  'UNCOMPRESSED CACHE',
  'PRIMARY INDEX CACHE',
  'INDEX MARK CACHE',
  'INDEX UNCOMPRESSED CACHE',
  'QUERY CONDITION CACHE',
] as const
/** A query that takes longer is a failure. */
const LONGEST_SECONDS = 120
/** Answers are computed, not remembered: neither whole nor by which granules match. */
export const HOT: ClickHouseSettings = {
  use_query_cache: 0,
  use_query_condition_cache: 0,
  max_execution_time: LONGEST_SECONDS,
}
/** O_DIRECT from the first byte on: the page cache of the operating system has no part. */
export const COLD: ClickHouseSettings = { ...HOT, min_bytes_to_use_direct_io: 1 }

/** What cold and hot mean. */
export const COLD_AND_HOT =
  "cold: the engine's caches of marks, indexes and blocks dropped, files read by O_DIRECT past the page cache; then twice hot; no result cache, no query condition cache"
/** The same for the report. */
export const PROTOCOL: string = `${COLD_AND_HOT}; a target is judged by the slowest of the three`

/** @throws Error for a name that no query has */
function queryNamed(name: string): HistoryQuery {
  const query = historyQueries.find((each) => each.name === name)
  if (query === undefined) throw new Error(`there is no query ${name}`)
  return query
}

/** Asks one query of a history. @throws OperationFailure */
export async function askQuery(
  client: ClickHouseClient,
  query: HistoryQuery,
  timeline: Timeline,
  settings: ClickHouseSettings = {},
  signal?: AbortSignal,
): Promise<QueryAnswer<AnswerRow>> {
  return client.query<AnswerRow>(await queryText(query.name), {
    parameters: query.parameters(timeline),
    settings: { ...HOT, ...settings },
    ...(signal === undefined ? {} : { signal }),
  })
}

const Index = z.object({ 'Initial Granules': z.number(), 'Selected Granules': z.number() })

/** Adds up the granules of every table that a plan reads: before its first index and after its last one. */
function addGranules(node: unknown, sum: { read: number; total: number; found: boolean }): void {
  if (Array.isArray(node)) return node.forEach((each) => addGranules(each, sum))
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node)) {
    if (key !== 'Indexes') {
      addGranules(value, sum)
      continue
    }
    const indexes = z.array(Index).parse(value)
    sum.read += indexes.at(-1)?.['Selected Granules'] ?? 0
    sum.total += indexes[0]?.['Initial Granules'] ?? 0
    sum.found = true
  }
}

/** By the engine's own plan; undefined where no index has a part in it. @throws OperationFailure */
export async function plannedGranules(
  client: ClickHouseClient,
  text: string,
  ask: ClickHouseAsk,
): Promise<Granules | undefined> {
  const { rows } = await client.query<{ explain: string }>(`EXPLAIN json = 1, indexes = 1 ${text}`, ask)
  const sum = { read: 0, total: 0, found: false }
  addGranules(JSON.parse(rows.map(({ explain }) => explain).join('\n')), sum)
  return sum.found ? { read: sum.read, total: sum.total } : undefined
}

/** The same of a query of suite H; all of the table where no index has a part in it. @throws OperationFailure */
export async function granulesOf(
  client: ClickHouseClient,
  query: HistoryQuery,
  timeline: Timeline,
  settings: ClickHouseSettings = {},
): Promise<Granules> {
  const planned = await plannedGranules(client, await queryText(query.name), {
    parameters: query.parameters(timeline),
    settings: { ...HOT, ...settings },
  })
  if (planned !== undefined) return planned
  const { rows: parts } = await client.query<{ granules: string }>(
    "SELECT sum(marks) - count() AS granules FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active",
  )
  const total = Number(parts[0]?.granules ?? 0)
  return { read: total, total }
}

/** Drops what the engine holds in memory of data on disk. @throws OperationFailure */
export async function forgetCaches(client: ClickHouseClient): Promise<void> {
  for (const cache of CACHES) await client.command(`SYSTEM DROP ${cache}`)
}

/** The queries of suite H over a loaded history. */
export function runningQueries(client: ClickHouseClient, timeline: Timeline): RunningQueries {
  return {
    data: () => sizeOf(client),
    forget: () => forgetCaches(client),
    async run(name, temperature, signal) {
      const settings = temperature === 'cold' ? COLD : HOT
      const answer = await askQuery(client, queryNamed(name), timeline, settings, signal)
      return {
        engineMs: answer.elapsedMs,
        rowsRead: answer.rowsRead,
        bytesRead: answer.bytesRead,
        rows: answer.rows.length,
      }
    },
    granules: (name) => granulesOf(client, queryNamed(name), timeline),
  }
}
