import type { Statement } from '../../../../stores/postgres/client.ts'
import type { ConsumerJob } from './consumer.ts'
import type { CommerceEvent, OrderCreated } from './event.ts'
import { TOPIC } from './topics.ts'

const ADD: Statement = {
  name: 'commerce_sellers_add',
  text: `INSERT INTO seller_orders (seller_id, order_id, units, subtotal_minor, currency)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[], $5::text[]) ON CONFLICT DO NOTHING`,
}

// Events may come again: a status never goes back.
const MOVE: Statement = {
  name: 'commerce_sellers_move',
  text: `UPDATE seller_orders s SET status = m.status
FROM unnest($1::bigint[], $2::text[]) AS m(id, status)
WHERE s.order_id = m.id
  AND array_position(ARRAY['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'], m.status)
    > array_position(ARRAY['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'], s.status::text)`,
}

const STATUS: Partial<Record<CommerceEvent['kind'], string>> = {
  'order.paid': 'confirmed',
  'order.shipped': 'shipped',
  'order.delivered': 'delivered',
  'order.cancelled': 'cancelled',
}
const RANK = ['confirmed', 'shipped', 'delivered', 'cancelled']

interface SellerShare {
  readonly seller: string
  readonly order: string
  readonly currency: string
  units: number
  subtotal: bigint
}

/** What an order is to each of its sellers. */
function sharesOf({ order, currency, lines }: OrderCreated): readonly SellerShare[] {
  const shares = new Map<string, SellerShare>()
  for (const [, seller, units, subtotal] of lines) {
    const share = shares.get(seller) ?? { seller, order, currency, units: 0, subtotal: 0n }
    share.units += units
    share.subtotal += BigInt(subtotal)
    shares.set(seller, share)
  }
  return [...shares.values()]
}

/** The last status that a batch tells of each order. */
function movesOf(events: readonly CommerceEvent[]): ReadonlyMap<string, string> {
  const moves = new Map<string, string>()
  for (const event of events) {
    const status = STATUS[event.kind]
    if (status === undefined || !('order' in event)) continue
    const known = moves.get(event.order)
    if (known === undefined || RANK.indexOf(status) > RANK.indexOf(known)) moves.set(event.order, status)
  }
  return moves
}

/** Keeps the orders of each seller: the read model that answers without asking every shard (E-45). */
export const sellers: ConsumerJob = {
  group: 'sellers',
  topic: TOPIC.orders,
  async handle({ postgres }, events) {
    const shares = events.filter((event) => event.kind === 'order.created').flatMap(sharesOf)
    if (shares.length > 0) {
      await postgres.query(ADD, [
        shares.map(({ seller }) => seller),
        shares.map(({ order }) => order),
        shares.map(({ units }) => units),
        shares.map(({ subtotal }) => subtotal),
        shares.map(({ currency }) => currency),
      ])
    }
    const moves = movesOf(events)
    if (moves.size > 0) await postgres.query(MOVE, [[...moves.keys()], [...moves.values()]])
  },
}
