import { z } from 'zod'
import type { ReceivedMessage } from '../../../../stores/kafka/client.ts'

// Whatever passes must go into the tables: what a consumer cannot write would come to it again and again.
const BEYOND = 2n ** 63n
const number63 = z
  .string()
  .refine((text) => /^\d{1,19}$/.test(text) && BigInt(text) < BEYOND, 'it is no number of 63 bits')
const id = number63
/** Minor units, as text: JSON's numbers are exact up to 2^53 only (E-48). */
const money = number63
const units = z.number().int().min(1).max(1_000_000)

const orderSchema = z.object({ order: id })
const createdSchema = z.object({
  order: id,
  customer: id,
  number: z.string().min(1).max(20),
  total: money,
  currency: z.string().regex(/^[A-Z]{3}$/),
  /** Product, seller, units, subtotal in minor units. */
  lines: z
    .array(z.tuple([id, id, units, money]))
    .min(1)
    .max(1_000),
  /** Units by warehouse. */
  warehouses: z.record(z.string().regex(/^\d{1,9}$/), units),
})
const productSchema = z.object({ product: id, version: id })

/** An order was placed: what its consumers need to know of it. */
export interface OrderCreated {
  readonly kind: 'order.created'
  readonly order: string
  readonly currency: string
  /** Subtotals are minor units as text. */
  readonly lines: readonly (readonly [product: string, seller: string, units: number, subtotal: string])[]
  readonly warehouses: Readonly<Record<string, number>>
}

/** Something else became of an order. */
export interface OrderMoved {
  readonly kind:
    | 'order.paid'
    | 'order.cancelled'
    | 'order.shipped'
    | 'order.delivered'
    | 'order.refunded'
    | 'item.returned'
  readonly order: string
}

export interface ProductChanged {
  readonly kind: 'product.changed'
  readonly product: string
  /** The version that the change made; the row may have a later one by now. */
  readonly version: string
}

export type CommerceEvent = OrderCreated | OrderMoved | ProductChanged

const MOVES: ReadonlySet<string> = new Set<OrderMoved['kind']>([
  'order.paid',
  'order.cancelled',
  'order.shipped',
  'order.delivered',
  'order.refunded',
  'item.returned',
])

function createdOf(payload: unknown): OrderCreated {
  const created = createdSchema.parse(payload)
  // A seller may have all of the lines.
  const sum = created.lines.reduce((before, [, , , subtotal]) => before + BigInt(subtotal), 0n)
  if (sum >= BEYOND) throw new SyntaxError('its lines come to no number of 63 bits')
  return { kind: 'order.created', ...created }
}

/**
 * Reads a message; what comes from Kafka may be anybody's.
 * @throws ZodError or SyntaxError, whose message says what is wrong with it
 */
export function readEvent(message: ReceivedMessage): CommerceEvent {
  const kind = message.headers['kind'] ?? ''
  const payload: unknown = JSON.parse(message.value.toString('utf8'))
  if (kind === 'order.created') return createdOf(payload)
  if (kind === 'product.changed') return { kind, ...productSchema.parse(payload) }
  if (MOVES.has(kind)) return { kind: kind as OrderMoved['kind'], ...orderSchema.parse(payload) }
  throw new SyntaxError(`the kind of the event is '${kind.slice(0, 40)}'`)
}
