import { assumed, derived, documented, perSecond } from '../../core/model.ts'
import type { Quantity, TrafficModel } from '../../core/model.ts'
import type { Population } from '../../core/population.ts'
import { WAREHOUSES_OF_A_PRODUCT } from './population/places.ts'

/** Orders of an average day. */
const orders = documented(5e6, 'per day', 'ECM-04')
/** Orders of Black Friday. Its ramp (ECM-05) is the warm-up of profile `peak`, whose window holds the rate; `ramp` measures it. */
export const peakOrders: Quantity = documented(50e3, 'per minute', 'ECM-05')

function shareOfOrders(share: number, why: string): Quantity {
  return assumed(perSecond(orders) * share, 'per second', why)
}

/** An operation of the commerce case. */
export type CommerceOperation =
  | 'product.read'
  | 'category.browse'
  | 'search.query'
  | 'cart.add'
  | 'order.place'
  | 'order.list'
  | 'order.read'
  | 'payment.capture'
  | 'order.cancel'
  | 'order.refund'
  | 'order.ship'
  | 'order.deliver'
  | 'item.return'
  | 'stock.add'
  | 'seller.orders'
  | 'product.update'
  | 'order.mistake'

const SLOW_LIFE =
  'the money is taken when goods ship (as Amazon does), which for most orders is after the window'

/** The rate of every operation at scale 1. */
export const rates: Readonly<Record<CommerceOperation, Quantity>> = {
  'order.place': orders,
  'product.read': assumed(
    600,
    'per second',
    'ten pages are looked at for an order; the text gives no rate of pages',
  ),
  'search.query': assumed(
    20,
    'per second',
    'a third of a search for an order; the text gives no rate of searches',
  ),
  'category.browse': assumed(20, 'per second', 'as many as searches'),
  'cart.add': shareOfOrders(
    0.5,
    'most lines are ordered from the page; half an order is put together before',
  ),
  'order.list': shareOfOrders(0.2, 'customers look at their orders now and then'),
  'order.read': shareOfOrders(0.2, 'customers look at the order that they have just placed'),
  'payment.capture': shareOfOrders(0.06, SLOW_LIFE),
  'order.cancel': shareOfOrders(0.03, 'three orders in a hundred are taken back soon'),
  'order.refund': shareOfOrders(0.01, 'paid orders that were cancelled'),
  'order.ship': shareOfOrders(0.04, SLOW_LIFE),
  'order.deliver': shareOfOrders(0.03, SLOW_LIFE),
  'item.return': shareOfOrders(0.01, 'frequent enough to be audited in a short window'),
  'stock.add': assumed(1, 'per second', 'deliveries to warehouses'),
  'seller.orders': assumed(2, 'per second', 'sellers look at what was ordered from them'),
  'product.update': assumed(
    2,
    'per second',
    'titles, prices and states change; frequent enough to be audited',
  ),
  'order.mistake': shareOfOrders(
    0.02,
    'clients with a mistake, and pages that were open for too long; frequent enough to be checked',
  ),
}

type CommerceShare = 'lines' | 'orderRetries' | 'paidCancellations' | 'misspelt' | 'filtered' | 'hold'

/** Numbers of the traffic that are not rates of one operation. */
export const shares: Readonly<Record<CommerceShare, Quantity>> = {
  lines: assumed(3, 'lines an order', 'ECM-05 takes three items for its 2,500 stock updates a second'),
  orderRetries: assumed(
    0.01,
    'of orders',
    'a double click, or a client that repeats what got no answer (E-21)',
  ),
  paidCancellations: assumed(0.3, 'of cancellations', 'of orders that have been paid'),
  misspelt: assumed(0.15, 'of searches', 'one word in it has a typing error'),
  filtered: assumed(0.4, 'of searches', 'within a category or between two prices'),
  hold: assumed(900, 'seconds', 'a quarter of an hour to pay (E-12, E-13: Shopify reserves for minutes)'),
}

/** Exponents of Zipf's law (X-17: the text gives no skew). */
export const skew: Readonly<Record<'products' | 'customers', Quantity>> = {
  products: assumed(
    1,
    'Zipf exponent',
    'demand follows the classical law: of 20,000 products the first is in a quarter of the orders',
  ),
  customers: assumed(0.3, 'Zipf exponent', 'some customers order more often'),
}

/** Units a line, and how many lines in a hundred ask for as many. */
export const QUANTITIES: readonly (readonly [units: number, percent: number])[] = [
  [1, 80],
  [2, 15],
  [3, 5],
]
/** Units of the scarce product in an order for it. */
export const SCARCE_QUANTITY = 3
const MEAN_QUANTITY = QUANTITIES.reduce((sum, [units, percent]) => sum + (units * percent) / 100, 0)
const UNITS_OF_AN_ORDER = shares.lines.value * MEAN_QUANTITY

/** Seconds of the peak that the seed's stock is meant to last for: twice the longest window that was thought of, 180 s. */
const STOCK_SECONDS = 360
/** Products that get a row a unit with `checkout=unit-rows`: of 20,000, a third of all demand (E-43). */
export const HOT_PRODUCTS = 20
const HARMONIC_OF_20_000 = 10.48
const SMALLEST_STOCK = 400
/** One more than what orders of three can take, so that a unit is left in each warehouse (E-15). */
const SCARCE_UNITS = 700
/** Orders for the scarce product that can be filled from four warehouses: the last one is split. */
export const SCARCE_ORDERS: number = Math.floor((4 * SCARCE_UNITS) / SCARCE_QUANTITY)

/** Units of a product in each of its four warehouses: what so long a peak asks for, by its popularity. */
export function stockOfRank(rank: number, isScarce: boolean): number {
  if (isScarce) return SCARCE_UNITS
  const units = perSecond(peakOrders) * STOCK_SECONDS * UNITS_OF_AN_ORDER
  return Math.max(
    SMALLEST_STOCK,
    Math.ceil(units / HARMONIC_OF_20_000 / (rank + 1) / WAREHOUSES_OF_A_PRODUCT),
  )
}

/** The n-th harmonic number, by which the most wanted of n products has 1/H of the demand. */
function harmonic(n: number): number {
  let sum = 0
  for (let term = 1; term <= n; term += 1) sum += 1 / term
  return sum
}

/**
 * What whoever starts a run should know of it: the stock is a function of the seed, and does not follow the length of the
 * run, so that a long peak sells out what is most wanted.
 * @param scheduled arrivals by operation, warm-up included
 */
export function stockNotes(
  scheduled: Readonly<Record<string, number>>,
  { size }: Population,
): readonly string[] {
  const orders = scheduled['order.place'] ?? 0
  const wanted = Math.round((orders * UNITS_OF_AN_ORDER) / harmonic(size - 1))
  const stocked = WAREHOUSES_OF_A_PRODUCT * stockOfRank(0, false)
  if (wanted <= stocked) return []
  const numbers = `${wanted.toLocaleString('en-US')} units of ${stocked.toLocaleString('en-US')}`
  return [
    `the orders of this run ask for ${numbers} of the most wanted product: it sells out, and more is refused than the profile expects; ask for fewer orders or a shorter window`,
  ]
}

/** Every number of the commerce traffic, for the report (rates at scale 1). */
export const model: TrafficModel = {
  ...rates,
  ...shares,
  'order.place peak': peakOrders,
  'skew.products': skew.products,
  'skew.customers': skew.customers,
  'stock.lasts': assumed(
    STOCK_SECONDS,
    'seconds of the peak',
    'twice a window of three minutes; a run that asks for more says so before it starts',
  ),
  'stock.scarce': assumed(4 * SCARCE_UNITS, 'units', 'of the one product that `sellout` asks for'),
  'stock.hot': assumed(
    HOT_PRODUCTS,
    'products',
    'the most wanted ones, with a row a unit where `checkout=unit-rows`',
  ),
  'order.lines': derived(
    perSecond(peakOrders) * shares.lines.value,
    'lines per second',
    'ECM-05 x 3 lines, at the peak',
  ),
}
