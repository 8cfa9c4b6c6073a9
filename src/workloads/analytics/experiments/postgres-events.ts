import type { LoadHost } from '../../../core/suite.ts'
import type { PostgresClient } from '../../../stores/postgres/client.ts'
import { BATCH } from '../events/event.ts'
import { storedEvents } from '../history/timeline.ts'
import type { StoredEvent, Timeline } from '../history/timeline.ts'
import { schemaText } from '../schema.ts'

const COPY = `COPY events (event_id, session_id, user_id, event_time, duration_ms, date, event_type, page_url, referrer,
  user_agent, country, region, city, device_type, browser) FROM STDIN`
const MAY_CHECKPOINT = {
  name: 'experiment_may_checkpoint',
  text: `SELECT pg_has_role(current_user, 'pg_checkpoint', 'USAGE') AS may`,
}
/** Batches between two looks at the signal. */
const CHUNK_BATCHES = 1_000

/** An event as a line of COPY; no value needs escaping. */
function copyLine(event: StoredEvent): string {
  const { eventId, sessionId, userId, timeMs, durationMs, eventType, pageUrl, referrer } = event
  const { userAgent, country, region, city, deviceType, browser } = event
  const time = new Date(timeMs).toISOString()
  return `${eventId}\t${sessionId}\t${userId}\t${time}\t${durationMs}\t${time.slice(0, 10)}\t${eventType}\t${pageUrl}\t${referrer}\t${userAgent}\t${country}\t${region}\t${city}\t${deviceType}\t${browser}\n`
}

/** The rows of `count` batches from `first`, as COPY takes them. */
export function* copyLines(timeline: Timeline, first: number, count: number): Generator<string> {
  for (const event of storedEvents(timeline, first, count)) yield copyLine(event)
}

/** Appends rows as COPY takes them. Answers how many. @throws OperationFailure, or the server's own error */
export function copyEvents(postgres: PostgresClient, lines: Iterable<string | Buffer>): Promise<number> {
  return postgres.copyIn(COPY, lines)
}

/** Makes the table in the client's database, without indexes. */
export async function createEvents(postgres: PostgresClient): Promise<void> {
  await postgres.execute(await schemaText('schemas/analytics/postgres.sql'))
}

/** Makes the indexes that the queries are asked with. */
export async function createIndexes(postgres: PostgresClient): Promise<void> {
  await postgres.execute(await schemaText('schemas/analytics/postgres-indexes.sql'))
}

/**
 * Loads a history into the client's empty database as its senders made it, by one COPY; then makes indexes, statistics
 * and the map of what is visible to all. Nothing is left for a vacuum or a checkpoint to do beside a query.
 * @throws OperationFailure; the signal's reason
 */
export async function loadPostgres(
  postgres: PostgresClient,
  timeline: Timeline,
  host: LoadHost,
): Promise<void> {
  await createEvents(postgres)
  const lines = function* (): Generator<string> {
    for (let first = 0; first < timeline.batches; first += CHUNK_BATCHES) {
      host.progress('postgres', first * BATCH, timeline.events, 'events')
      host.signal.throwIfAborted()
      yield* copyLines(timeline, first, Math.min(CHUNK_BATCHES, timeline.batches - first))
    }
  }
  await copyEvents(postgres, lines())
  host.progress('postgres', timeline.events, timeline.events, 'events')
  host.signal.throwIfAborted()
  await createIndexes(postgres)
  await postgres.execute('VACUUM (FREEZE, ANALYZE) events')
  // A server of somebody else may not let us.
  const [right] = await postgres.query<{ may: boolean }>(MAY_CHECKPOINT)
  if (right?.may === true) await postgres.execute('CHECKPOINT')
}
