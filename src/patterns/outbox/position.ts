import type { PostgresQueries, Statement } from '../../stores/postgres/client.ts'

/** How far a relay has come: the last event that it has applied, in the order of (xid, id). Decimal strings. */
export interface RelayPosition {
  readonly xid: string
  readonly id: string
}

/** Before the first event. */
const BEGINNING: RelayPosition = { xid: '0', id: '0' }

/** True when both name the same event. */
export function samePosition(one: RelayPosition, other: RelayPosition): boolean {
  return one.xid === other.xid && one.id === other.id
}

const START: Statement = {
  name: 'relay_position_start',
  text: 'INSERT INTO relay_position (relay) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING',
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

const ADVANCE: Statement = {
  name: 'relay_position_advance',
  text: `UPDATE relay_position SET xid = $2::xid8, id = $3::bigint
WHERE relay = $1 AND (xid, id) < ($2::xid8, $3::bigint)`,
}

const PURGE: Statement = {
  name: 'outbox_purge',
  text: `DELETE FROM outbox o USING (
  SELECT xid, id FROM outbox WHERE (xid, id) <= ($1::xid8, $2::bigint) ORDER BY xid, id LIMIT $3) applied
WHERE o.xid = applied.xid AND o.id = applied.id`,
}

/** How many applied events one purge deletes. */
const PURGED = 5000

/** Makes the rows of relays that have never run. */
export async function startPositions(queries: PostgresQueries, relays: readonly string[]): Promise<void> {
  await queries.query(START, [[...relays]])
}

/** A relay's position, which `startPositions` has made. */
export async function readPosition(queries: PostgresQueries, relay: string): Promise<RelayPosition> {
  const [row] = await queries.query<RelayPosition>(POSITION, [relay])
  return row ?? BEGINNING
}

/** Moves a position from where a batch begins to where it ends; false, and nothing moved, when another relay has. */
export async function movePosition(
  queries: PostgresQueries,
  relay: string,
  from: RelayPosition,
  to: RelayPosition,
): Promise<boolean> {
  return (await queries.query(MOVE, [relay, to.xid, to.id, from.xid, from.id])).length > 0
}

/** Moves a position forward; never back. */
export async function advancePosition(
  queries: PostgresQueries,
  relay: string,
  to: RelayPosition,
): Promise<void> {
  await queries.query(ADVANCE, [relay, to.xid, to.id])
}

/** Deletes some of the events up to `position`, oldest first. */
export async function purgeEvents(queries: PostgresQueries, position: RelayPosition): Promise<void> {
  await queries.query(PURGE, [position.xid, position.id, PURGED])
}
