import type { Statement } from '../../../../stores/postgres/client.ts'
import { EFFECT, ORDER_EFFECTS } from '../../flows.ts'
import type { ConsumerJob } from './consumer.ts'
import type { OrderCreated } from './event.ts'
import { TOPIC } from './topics.ts'

const NOTIFY: Statement = {
  name: 'commerce_notify',
  text: `WITH told AS (
  INSERT INTO warehouse_notices (order_id, warehouse_id, units, shard)
  SELECT n.id, n.place, n.units, shard_of(n.id) FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS n(id, place, units)
  ON CONFLICT DO NOTHING RETURNING order_id)
SELECT DISTINCT order_id::text AS order_id FROM told`,
}

/** Tells each warehouse what to send for an order, once (ECM-74). */
export const notices: ConsumerJob = {
  group: 'notices',
  topic: TOPIC.orders,
  async handle({ postgres, host }, events) {
    const created = new Map<string, OrderCreated>()
    for (const event of events) if (event.kind === 'order.created') created.set(event.order, event)
    if (created.size === 0) return
    const told = [...created.values()].flatMap(({ order, warehouses }) =>
      Object.entries(warehouses).map(([place, units]) => ({ order, place: Number(place), units })),
    )
    const rows = await postgres.query<{ order_id: string }>(NOTIFY, [
      told.map(({ order }) => order),
      told.map(({ place }) => place),
      told.map(({ units }) => units),
    ])
    const atMicros = Number(process.hrtime.bigint() / 1000n)
    host.flowEnds(
      rows.map((row) => ({
        flow: ORDER_EFFECTS,
        key: row.order_id,
        part: EFFECT.notice,
        of: EFFECT.of,
        weight: 0,
        atMicros,
      })),
    )
  },
}
