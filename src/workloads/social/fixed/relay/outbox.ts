import {
  advancePosition,
  movePosition,
  readPosition,
  startPositions,
} from '../../../../patterns/outbox/position.ts'
import type { RelayPosition } from '../../../../patterns/outbox/position.ts'
import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'

/** A row of the outbox; ids are decimal strings, `object` is null where the event points to nothing. */
export interface OutboxEvent extends RelayPosition {
  readonly kind: string
  readonly actor: string
  readonly subject: string
  readonly object: string | null
}

/** The rows of `relay_position`: effects in PostgreSQL move the first, effects in Redis the second, which follows it. */
export const RELAY = { tables: 'social', caches: 'social.redis' } as const

/** How many events a batch holds at most. */
export const BATCH = 2000
// ORDER BY names the table's columns: the plain names are the texts of the select list, and '1000' comes before '999'.
// xmin is the horizon: below it no transaction is open, so no row can still appear behind the position (E-22, B.0).
const READ: Statement = {
  name: 'outbox_read',
  text: `SELECT xid::text AS xid, id::text AS id, kind, actor_id::text AS actor, subject_id::text AS subject,
  object_id::text AS object
FROM outbox
WHERE (xid, id) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY outbox.xid, outbox.id LIMIT $3`,
}

const READ_UP_TO: Statement = {
  name: 'outbox_read_up_to',
  text: `SELECT xid::text AS xid, id::text AS id, kind, actor_id::text AS actor, subject_id::text AS subject,
  object_id::text AS object
FROM outbox WHERE (xid, id) > ($1::xid8, $2::bigint) AND (xid, id) <= ($3::xid8, $4::bigint)
ORDER BY outbox.xid, outbox.id`,
}

const WORK_LEFT: Statement = {
  name: 'relay_work_left',
  text: `SELECT EXISTS (SELECT FROM outbox o JOIN relay_position p ON (o.xid, o.id) > (p.xid, p.id) WHERE p.relay = $1)
  OR EXISTS (SELECT FROM fanout_tasks) OR EXISTS (SELECT FROM stale_counts) AS left`,
}

const HOLD: Statement = {
  name: 'relay_position_hold',
  text: 'SELECT FROM relay_position WHERE relay = $1 FOR UPDATE',
}

/** Events behind `position` that no open transaction can still precede, in order, at most a batch. */
export function readEvents(queries: PostgresQueries, position: RelayPosition): Promise<OutboxEvent[]> {
  return queries.query<OutboxEvent>(READ, [position.xid, position.id, BATCH])
}

/** Events after `from` up to and including `to`: those whose Redis effects a killed relay may have left undone. */
export function readEventsUpTo(
  queries: PostgresQueries,
  from: RelayPosition,
  to: RelayPosition,
): Promise<OutboxEvent[]> {
  return queries.query<OutboxEvent>(READ_UP_TO, [from.xid, from.id, to.xid, to.id])
}

/** The relay's position; the rows are made on the first start. */
export async function readRelayPosition(queries: PostgresQueries, relay: string): Promise<RelayPosition> {
  await startPositions(queries, Object.values(RELAY))
  return readPosition(queries, relay)
}

/** Records that all events up to `position` have had their effects in Redis. */
export function saveCaches(queries: PostgresQueries, position: RelayPosition): Promise<void> {
  return advancePosition(queries, RELAY.caches, position)
}

/**
 * Moves the tables' position from where a batch begins to where it ends, and saves that the caches have reached its
 * beginning; false, and nothing moved, when another relay has moved it meanwhile.
 */
export async function moveTables(
  queries: PostgresQueries,
  from: RelayPosition,
  to: RelayPosition,
): Promise<boolean> {
  if (!(await movePosition(queries, RELAY.tables, from, to))) return false
  await saveCaches(queries, from)
  return true
}

/** Keeps every relay from applying a batch until this transaction has ended, and waits for the one that does just now. */
export async function holdTables(queries: PostgresQueries): Promise<void> {
  await queries.query(HOLD, [RELAY.tables])
}

/** Whether an event, a fan-out or a copy of counts is unfinished, events that are still behind an open transaction included. */
export async function isWorkLeft(queries: PostgresQueries): Promise<boolean> {
  const rows = await queries.query<{ left: boolean }>(WORK_LEFT, [RELAY.caches])
  return rows[0]?.left ?? false
}
