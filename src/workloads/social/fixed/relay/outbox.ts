import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'

/** How far a relay has come: the last event that it has applied. */
export interface RelayPosition {
  readonly xid: string
  readonly id: string
}

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
/** How many applied events one purge deletes. */
const PURGED = 5000

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

const START: Statement = {
  name: 'relay_position_start',
  text: 'INSERT INTO relay_position (relay) VALUES ($1), ($2) ON CONFLICT DO NOTHING',
}

const POSITION: Statement = {
  name: 'relay_position_read',
  text: 'SELECT xid::text AS xid, id::text AS id FROM relay_position WHERE relay = $1',
}

const MOVE: Statement = {
  name: 'relay_position_move',
  text: `UPDATE relay_position SET xid = $2::xid8, id = $3::bigint
WHERE relay = $1 AND xid = $4::xid8 AND id = $5::bigint RETURNING relay`,
}

const SAVE_CACHES: Statement = {
  name: 'relay_position_save_caches',
  text: `UPDATE relay_position SET xid = $2::xid8, id = $3::bigint
WHERE relay = $1 AND (xid, id) < ($2::xid8, $3::bigint)`,
}

const WORK_LEFT: Statement = {
  name: 'relay_work_left',
  text: `SELECT EXISTS (SELECT FROM outbox o JOIN relay_position p ON (o.xid, o.id) > (p.xid, p.id) WHERE p.relay = $1)
  OR EXISTS (SELECT FROM fanout_tasks) AS left`,
}

const PURGE: Statement = {
  name: 'outbox_purge',
  text: `DELETE FROM outbox o USING (
  SELECT xid, id FROM outbox WHERE (xid, id) <= ($1::xid8, $2::bigint) ORDER BY xid, id LIMIT $3) applied
WHERE o.xid = applied.xid AND o.id = applied.id`,
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
export async function readPosition(queries: PostgresQueries, relay: string): Promise<RelayPosition> {
  await queries.query(START, [RELAY.tables, RELAY.caches])
  const rows = await queries.query<RelayPosition>(POSITION, [relay])
  return rows[0] ?? { xid: '0', id: '0' }
}

/** Records that all events up to `position` have had their effects in Redis. */
export async function saveCaches(queries: PostgresQueries, position: RelayPosition): Promise<void> {
  await queries.query(SAVE_CACHES, [RELAY.caches, position.xid, position.id])
}

/**
 * Moves the tables' position from where a batch begins to where it ends, and saves that the caches have reached its
 * beginning; false, and nothing moved, when another relay has moved it meanwhile.
 */
export async function movePosition(
  queries: PostgresQueries,
  from: RelayPosition,
  to: RelayPosition,
): Promise<boolean> {
  const moved = await queries.query(MOVE, [RELAY.tables, to.xid, to.id, from.xid, from.id])
  if (moved.length === 0) return false
  await saveCaches(queries, from)
  return true
}

/** Whether an event or a fan-out is unfinished, events that are still behind an open transaction included. */
export async function isWorkLeft(queries: PostgresQueries): Promise<boolean> {
  const rows = await queries.query<{ left: boolean }>(WORK_LEFT, [RELAY.caches])
  return rows[0]?.left ?? false
}

/** Deletes some of the events up to `position`, oldest first. */
export async function purgeEvents(queries: PostgresQueries, position: RelayPosition): Promise<void> {
  await queries.query(PURGE, [position.xid, position.id, PURGED])
}
