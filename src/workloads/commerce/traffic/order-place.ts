import { arrivalKey } from '../../../core/operation.ts'
import type { Check, Operation } from '../../../core/operation.ts'
import { choose, rootOf, uniform, uniqueWord } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import type { CommerceApplication, OrderRequest, PlacedOrder } from '../application.ts'
import { ORDER_EFFECTS } from '../flows.ts'
import { QUANTITIES, rates, SCARCE_QUANTITY, shares } from '../model.ts'
import type { CommerceWorld } from '../world.ts'
import { CODE } from './code.ts'

const NAME = 'order.place'
/** How far back a repeated order lies, in orders. */
const RETRY_REACH = 32
/** Repeats are at odd indexes and repeat what stood at an odd one; orders that go on to be paid stand at even ones. */
const RETRIES_AMONG_ODD = shares.orderRetries.value * 2
const ATTEMPTS = 20

/** An order, and how its arrival is found again. */
export interface OrderPlace extends OrderRequest {
  /** The key of the arrival's result. */
  readonly result: number
  /** Of an order that repeats another: the key of that one's result. */
  readonly repeats: number | undefined
  readonly regionOfAddress: number
  readonly isScarce: boolean
}

/** The key under which an order's id is found. */
export function orderKey(id: ArrivalId): number {
  return arrivalKey(CODE.orderPlace, id.phase, id.stream, id.index)
}

function quantityOf(drawn: number): number {
  let percent = drawn * 100
  for (const [units, share] of QUANTITIES) {
    if (percent < share) return units
    percent -= share
  }
  return 1
}

/** Lines of an order by Zipf's law. @param root of the arrival's choices, of which it takes 10 to 42 */
export function linesOf(world: CommerceWorld, root: number): OrderRequest['lines'] {
  const products = new Set<number>()
  for (let attempt = 0; products.size < shares.lines.value && attempt < ATTEMPTS; attempt += 1) {
    products.add(world.wantedProduct(uniform(root, 10 + attempt)))
  }
  return Array.from(products, (product, line) => ({
    productId: world.population.productId(product),
    quantity: quantityOf(uniform(root, 40 + line)),
    seenPriceMinor: world.population.priceOf(product),
  }))
}

/** The customer of an order, by the arrival that placed it. */
export function customerOf(world: CommerceWorld, id: ArrivalId): number {
  return world.customer(uniform(rootOf(world.seed, CODE.orderPlace, id), 0))
}

function scarceLine(world: CommerceWorld): OrderRequest['lines'] {
  const { population } = world
  const product = population.scarce
  return [
    {
      productId: population.productId(product),
      quantity: SCARCE_QUANTITY,
      seenPriceMinor: population.priceOf(product),
    },
  ]
}

/** The order at an arrival, repeats apart. The surge of profile `sellout` asks for the scarce product. */
function fresh(world: CommerceWorld, id: ArrivalId): Omit<OrderPlace, 'result' | 'repeats'> {
  const root = rootOf(world.seed, CODE.orderPlace, id)
  const customer = customerOf(world, id)
  const isScarce = id.stream === 'surge'
  return {
    customerId: world.population.customerId(customer),
    key: uniqueWord(id),
    addressId: world.population.addressId(customer),
    currency: 'USD',
    lines: isScarce ? scarceLine(world) : linesOf(world, root),
    regionOfAddress: world.population.regionOf(customer),
    isScarce,
  }
}

/** The arrival that the one of `id` repeats, if it does; one that repeats another is not repeated itself. */
function repeatedBy(world: CommerceWorld, id: ArrivalId): ArrivalId | undefined {
  if (id.stream !== 'mix' || id.index % 2 === 0 || id.index <= 2 * RETRY_REACH) return undefined
  const root = rootOf(world.seed, CODE.orderPlace, id)
  if (uniform(root, 1) >= RETRIES_AMONG_ODD) return undefined
  const first = { ...id, index: id.index - 2 * (1 + choose(root, 2, RETRY_REACH)) }
  return repeatedBy(world, first) === undefined ? first : undefined
}

/** What an arrival of `order.place` asks, for those that name it. */
export function orderAt(world: CommerceWorld, id: ArrivalId): OrderPlace {
  const first = repeatedBy(world, id)
  return {
    ...fresh(world, first ?? id),
    result: orderKey(id),
    repeats: first === undefined ? undefined : orderKey(first),
  }
}

/** Money is exact: the total is what the prices seen, the region's tax and its shipping give, to the minor unit. */
const totalExact: Check<OrderPlace, PlacedOrder, CommerceWorld> = {
  name: 'order.total-exact',
  claims: ['ECM-70'],
  defects: ['E-23', 'E-26', 'E-48'],
  check(order, placed, world) {
    const region = world.population.regions[order.regionOfAddress]
    if (region === undefined) return undefined
    let subtotal = 0n
    let units = 0
    for (const { seenPriceMinor, quantity } of order.lines) {
      subtotal += seenPriceMinor * BigInt(quantity)
      units += quantity
    }
    const tax = (subtotal * BigInt(region.taxBasisPoints) + 5_000n) / 10_000n
    const expected = subtotal + tax + BigInt(region.shippingMinor + region.shippingUnitMinor * units)
    return placed.totalMinor === expected
      ? true
      : { message: `order ${placed.orderId} costs ${placed.totalMinor}, its lines come to ${expected}` }
  },
}

/** A repeated request has the first one's answer (E-21). */
const repeatedOnce: Check<OrderPlace, PlacedOrder, CommerceWorld> = {
  name: 'order.repeated-once',
  claims: ['ECM-62', 'ECM-75'],
  defects: ['E-20', 'E-21'],
  check(order, placed, world) {
    const first = order.repeats === undefined ? undefined : world.results.get(order.repeats)
    if (first === undefined) return undefined
    return placed.orderId === first
      ? true
      : { message: `a repeated order of ${order.customerId} became ${placed.orderId} beside ${first}` }
  },
}

/** An order of three lines by Zipf's law (ECM-61 to ECM-77); part `scarce` is the item that runs out. */
export const orderPlace: Operation<CommerceApplication, CommerceWorld, OrderPlace, PlacedOrder> = {
  name: NAME,
  claims: ['ECM-04', 'ECM-07', 'ECM-61', 'ECM-62'],
  kind: 'write',
  rate: rates[NAME],
  targets: [{ percentile: 99, belowMs: 1_000, claims: ['ECM-07'] }],
  parts: { spread: { expectedShare: 1 }, scarce: { expectedShare: 0 } },
  // A price or a state changed between the page and the order.
  refusalShare: [0, 0.005],
  checks: [totalExact, repeatedOnce],
  input: (arrival, world) => orderAt(world, arrival),
  run: (application, order, context) => application.placeOrder(order, context),
  part: ({ isScarce }) => (isScarce ? 'scarce' : 'spread'),
  journal: (order) => ({
    customer: String(order.customerId),
    key: order.key,
    lines: order.lines.map(({ productId, quantity }) => `${productId}x${quantity}`).join(' '),
  }),
  outcome: (_order, placed) => ({
    order: String(placed.orderId),
    total: String(placed.totalMinor),
    replayed: placed.replayed,
  }),
  result: ({ result }, placed) => ({ key: result, id: placed.orderId }),
  flows: (_order, placed) =>
    placed.replayed ? undefined : { flows: [ORDER_EFFECTS], key: String(placed.orderId) },
}
