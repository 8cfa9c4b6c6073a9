import { createHash } from 'node:crypto'
import type { LoadHost } from '../../../core/suite.ts'
import type { Population, StepReport } from '../../../core/population.ts'
import { reasonsToSeedAgain } from '../../../patterns/seed/fingerprint.ts'
import type { Fingerprint } from '../../../patterns/seed/fingerprint.ts'
import type { ClickHouseClient } from '../../../stores/clickhouse/client.ts'
import { BATCH } from '../events/event.ts'
import { schemaText, statementsOf } from '../schema.ts'
import { generateEvents } from '../seed/generate.ts'
import { needsOf, refuseWithoutRoom, roomFor, sizeOf, whole } from './room.ts'
import { arrivalMs, timelineOf } from './timeline.ts'
import type { Timeline } from './timeline.ts'

/** Where the history is, apart from what the other suites write. */
export const HISTORY_DATABASE = 'arch_analytics_history'
const SCHEMA_FILE = 'schemas/analytics/history.sql'
/** Raised whenever the same seed and size give other events than before. */
const GENERATOR = 1
/** Batches of one statement: a million events, which is also what is measured before all the others are made. */
const CHUNK_BATCHES = 10_000
/** Statements at a time: each works on a core of its own, and both wait for the disk in turn. */
const TOGETHER = 2
/** What a load is done to, and what of the machine it may believe. */
export interface LoadRequest {
  readonly server: ClickHouseClient
  readonly database: string
  readonly population: Population
  readonly host: LoadHost
  /** Bytes that the engine's disk has left; asked of the engine when absent. */
  readonly freeBytes?: () => Promise<number>
  /** Batches of a chunk; a test takes fewer. */
  readonly chunkBatches?: number
}

async function fingerprintOf(population: Population): Promise<Fingerprint> {
  const text = await schemaText(SCHEMA_FILE)
  const schema = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return { seed: population.seed, size: population.size, schema, generator: GENERATOR }
}

interface SavedFingerprint {
  readonly seed: string
  readonly size: string
  readonly schema: string
  readonly generator: number
}

async function savedFingerprint({ server, database }: LoadRequest): Promise<Fingerprint | undefined> {
  if (!(await server.databaseExists(database))) return undefined
  const client = server.withDatabase(database)
  if (!(await client.tableNames()).includes('template')) return undefined
  const { rows } = await client.query<SavedFingerprint>('SELECT seed, size, schema, generator FROM template')
  const [row] = rows
  return row === undefined ? undefined : { ...row, seed: Number(row.seed), size: Number(row.size) }
}

async function begin({ server, database }: LoadRequest, wanted: Fingerprint): Promise<void> {
  await server.dropDatabase(database)
  await server.createDatabase(database)
  const client = server.withDatabase(database)
  for (const statement of statementsOf(await schemaText(SCHEMA_FILE))) await client.command(statement)
  await client.insert('template', 'JSONEachRow', Buffer.from(JSON.stringify(wanted)))
}

/** The chunks of a history, by their first batch, and how many batches each has. */
function chunksOf(timeline: Timeline, size: number): Map<number, number> {
  const chunks = new Map<number, number>()
  for (let first = 0; first < timeline.batches; first += size)
    chunks.set(first, Math.min(size, timeline.batches - first))
  return chunks
}

/** Statements of an `arch` that was ended go on by themselves, and would add what is about to be made again. */
async function endLeftovers({ server, database }: LoadRequest): Promise<void> {
  await server.command(
    "KILL QUERY WHERE current_database = {database:String} AND query_kind = 'Insert' SYNC",
    { parameters: { database }, settings: { max_execution_time: 0 } },
  )
}

interface ChunkCount {
  readonly chunk: string
  readonly events: string
}

/** Chunks that are not there as a whole; what an interruption left of one is taken away. */
async function missingChunks(
  client: ClickHouseClient,
  timeline: Timeline,
  size: number,
): Promise<Map<number, number>> {
  const chunks = chunksOf(timeline, size)
  const { rows } = await client.query<ChunkCount>(
    'SELECT intDiv(batch_id, {size:UInt64}) AS chunk, count() AS events FROM events GROUP BY chunk',
    { parameters: { size } },
  )
  const halves: number[] = []
  for (const { chunk, events } of rows) {
    const first = Number(chunk) * size
    if (Number(events) === (chunks.get(first) ?? 0) * BATCH) chunks.delete(first)
    else halves.push(Number(chunk))
  }
  if (halves.length > 0)
    await client.command(
      'ALTER TABLE events DELETE WHERE intDiv(batch_id, {size:UInt64}) IN {halves:Array(UInt64)}',
      { parameters: { size, halves }, settings: { mutations_sync: 1, max_execution_time: 0 } },
    )
  return chunks
}

async function loadChunk(
  client: ClickHouseClient,
  timeline: Timeline,
  first: number,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const { seeds, gapMs } = timeline
  const endMs = arrivalMs(timeline, first + count - 1)
  await generateEvents(client, { seeds, first, count, endMs, gapMs, signal })
}

/** Says what the events that are there, a first part of the whole, tell of the rest. @throws ArchError (exit code 3) */
async function estimate(
  { host, freeBytes }: LoadRequest,
  client: ClickHouseClient,
  timeline: Timeline,
  seconds: number | undefined,
): Promise<void> {
  const room = await roomFor(client, freeBytes)
  const speed = seconds === undefined ? '' : ` at ${whole(room.rows / seconds)} rows/s`
  const figures = `${whole(room.rows)} rows${speed}, ${room.bytesPerRow.toFixed(1)} bytes a row`
  host.line(`          measured  ${figures}: ${needsOf(room, timeline.events)}`)
  refuseWithoutRoom(room, timeline.events, room.rows, figures)
}

/**
 * Refuses before it is dropped for a history that will not fit: one of the same columns, large enough to tell what a row
 * takes. @throws ArchError (exit code 3)
 */
async function refuseToDrop(
  { server, database, freeBytes }: LoadRequest,
  timeline: Timeline,
  chunkBatches: number,
): Promise<void> {
  const room = await roomFor(server.withDatabase(database), freeBytes)
  if (room.rows < chunkBatches * BATCH) return
  const figures = `${room.bytesPerRow.toFixed(1)} bytes a row in the history of ${whole(room.rows)} that is kept`
  refuseWithoutRoom(room, timeline.events, 0, figures)
}

/** Loads chunks, several at a time. @throws what one of them threw, once the others have ended, too */
async function loadChunks(
  client: ClickHouseClient,
  timeline: Timeline,
  chunks: ReadonlyMap<number, number>,
  signal: AbortSignal,
  onChunk: (events: number) => void,
): Promise<void> {
  const waiting = [...chunks]
  const failed = new AbortController()
  const ended = await Promise.allSettled(
    Array.from({ length: TOGETHER }, async () => {
      try {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          if (failed.signal.aborted) return
          await loadChunk(client, timeline, ...next, signal)
          onChunk(next[1] * BATCH)
        }
      } catch (error) {
        failed.abort()
        throw error
      }
    }),
  )
  for (const each of ended) if (each.status === 'rejected') throw each.reason
}

/** The months of a history, and how many parts each is in. */
async function partsByMonth(
  client: ClickHouseClient,
): Promise<readonly { readonly partition: string; readonly parts: number }[]> {
  const { rows } = await client.query<{ partition: string; parts: number }>(
    "SELECT partition_id AS partition, toUInt32(count()) AS parts FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active GROUP BY partition",
  )
  return rows
}

/**
 * One part a month, so that every run asks about the same parts and no merge runs beside a query. Thirty days are two months
 * at most; a merge is one thread's work, so both go at once.
 */
async function mergeAll(client: ClickHouseClient, host: LoadHost): Promise<void> {
  host.progress('merge', 0, undefined, 'parts')
  const before = await partsByMonth(client)
  await Promise.all(
    before.map(({ partition }) =>
      client.command('OPTIMIZE TABLE events PARTITION ID {partition:String} FINAL', {
        parameters: { partition },
        settings: { optimize_skip_merged_partitions: 1, max_execution_time: 0 },
        signal: host.signal,
      }),
    ),
  )
  // The engine says nothing of a merge that it has no room for.
  const after = await partsByMonth(client)
  const parts = after.reduce((sum, { parts: ofMonth }) => sum + ofMonth, 0)
  if (parts > after.length)
    host.line(
      `          merged only to ${parts} parts of ${after.length} months, as the disk has no room for more: queries are slower for it`,
    )
}

/**
 * Loads a history, generated inside the engine, or finds the one that an earlier run left: whole chunks of the same
 * fingerprint stay. The first million is measured before the others are made, and an earlier history before it is dropped.
 * @throws ArchError (exit code 3) with figures where it will not fit, (usage) for a population that is too large;
 * OperationFailure
 */
export async function loadHistory(request: LoadRequest): Promise<StepReport> {
  const { server, database, population, host, chunkBatches = CHUNK_BATCHES } = request
  const timeline = timelineOf(population)
  const wanted = await fingerprintOf(population)
  const had = await savedFingerprint(request)
  const reasons = had === undefined ? [] : reasonsToSeedAgain(had, wanted, 'events')
  const isKept = had !== undefined && reasons.length === 0
  if (!isKept && had?.schema === wanted.schema) await refuseToDrop(request, timeline, chunkBatches)
  await endLeftovers(request)
  if (!isKept) await begin(request, wanted)
  const client = server.withDatabase(database)
  const missing = await missingChunks(client, timeline, chunkBatches)
  const said = `${whole(timeline.events)} events`
  if (missing.size === 0) {
    await mergeAll(client, host)
    return { changed: false, summary: `${said}, kept from an earlier run` }
  }

  const there = timeline.events - [...missing.values()].reduce((sum, count) => sum + count * BATCH, 0)
  let done = there
  const onChunk = (events: number): void => {
    done += events
    host.progress('seed', done, timeline.events, 'events')
  }
  const started = performance.now()
  const secondsSince = (): number => (performance.now() - started) / 1e3
  onChunk(0)
  const [first] = missing
  if (there === 0 && first !== undefined) {
    await loadChunk(client, timeline, ...first, host.signal)
    missing.delete(first[0])
    onChunk(first[1] * BATCH)
  }
  await estimate(request, client, timeline, there === 0 ? secondsSince() : undefined)
  await loadChunks(client, timeline, missing, host.signal, onChunk)
  const rate = `${whole(done - there)} at ${whole((done - there) / secondsSince())} rows/s`
  await mergeAll(client, host)
  const merged = `merged after ${Math.round(secondsSince())} s`
  const { bytesOnDisk } = await sizeOf(client)
  const why = isKept
    ? 'completed after an interruption'
    : reasons.length === 0
      ? 'made'
      : `made again: ${reasons.join('; ')}`
  return {
    changed: true,
    summary: `${said} ${why}, ${rate}, ${merged}, ${(bytesOnDisk / timeline.events).toFixed(1)} bytes a row`,
  }
}
