import type { RelayPosition } from '../../../../patterns/outbox/position.ts'
import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'

/** A row of the outbox; the payload is JSON text. */
export interface OutboxEvent extends RelayPosition {
  readonly aggregate: string
  readonly kind: string
  readonly payload: string
}

/** The relay's row of `relay_position`. */
export const RELAY = 'commerce.kafka'
/** How many events a batch holds at most. */
export const BATCH = 1_000

// Below the snapshot's xmin no transaction is open, so no row can still appear behind the position (E-22, B.0).
const READ: Statement = {
  name: 'commerce_outbox_read',
  text: `SELECT xid::text AS xid, id::text AS id, aggregate_id::text AS aggregate, kind, payload::text AS payload
FROM outbox WHERE (xid, id) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY outbox.xid, outbox.id LIMIT $3`,
}

const WORK_LEFT: Statement = {
  name: 'commerce_outbox_left',
  text: `SELECT EXISTS (
  SELECT FROM outbox o JOIN relay_position p ON (o.xid, o.id) > (p.xid, p.id) WHERE p.relay = $1) AS left`,
}

/** Events behind `position` that no open transaction can still precede, in order, at most a batch. */
export function readEvents(queries: PostgresQueries, position: RelayPosition): Promise<OutboxEvent[]> {
  return queries.query<OutboxEvent>(READ, [position.xid, position.id, BATCH])
}

/** Whether an event has still to reach Kafka, events that are behind an open transaction included. */
export async function isOutboxLeft(queries: PostgresQueries): Promise<boolean> {
  const [row] = await queries.query<{ left: boolean }>(WORK_LEFT, [RELAY])
  return row?.left ?? false
}
