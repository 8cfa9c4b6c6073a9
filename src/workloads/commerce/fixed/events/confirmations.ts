import type { Statement } from '../../../../stores/postgres/client.ts'
import { EFFECT, ORDER_EFFECTS } from '../../flows.ts'
import type { ConsumerJob } from './consumer.ts'
import { TOPIC } from './topics.ts'

// Whose row this one makes sends the letter: the others have been there before.
const CONFIRM: Statement = {
  name: 'commerce_confirm',
  text: `INSERT INTO order_confirmations (order_id, shard) SELECT id, shard_of(id) FROM unnest($1::bigint[]) AS new(id)
ON CONFLICT DO NOTHING RETURNING order_id::text AS order_id`,
}

/** Confirms each order to its customer, once (ECM-74). */
export const confirmations: ConsumerJob = {
  group: 'confirmations',
  topic: TOPIC.orders,
  async handle({ postgres, host }, events) {
    const created = events.filter(({ kind }) => kind === 'order.created')
    if (created.length === 0) return
    const ids = created.map((event) => ('order' in event ? event.order : ''))
    const rows = await postgres.query<{ order_id: string }>(CONFIRM, [[...new Set(ids)]])
    const atMicros = Number(process.hrtime.bigint() / 1000n)
    host.flowEnds(
      rows.map((row) => ({
        flow: ORDER_EFFECTS,
        key: row.order_id,
        part: EFFECT.confirmation,
        of: EFFECT.of,
        weight: 1,
        atMicros,
      })),
    )
  },
}
