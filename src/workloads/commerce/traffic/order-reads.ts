import type { Arrival, Check, Operation } from '../../../core/operation.ts'
import { rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import type { CommerceApplication, OrderPage, OrderView, SellerOrder } from '../application.ts'
import { rates } from '../model.ts'
import { countStandIn } from '../world.ts'
import type { CommerceWorld } from '../world.ts'
import { CODE } from './code.ts'
import { newestKnown } from './known.ts'
import { orderAt, orderKey } from './order-place.ts'
import type { OrderPlace } from './order-place.ts'

const PAGE = 10
/** Long enough for most orders to have been answered. */
const LAG_SECONDS = 1

/** A look at an order of one's own; `order` is what was asked for when it was placed. */
interface OrderRead {
  readonly customerId: bigint
  readonly orderId: bigint
  readonly order: OrderPlace | undefined
}

const readMatches: Check<OrderRead, OrderView, CommerceWorld> = {
  name: 'order.read-matches',
  claims: ['ECM-56', 'ECM-70', 'ECM-72'],
  defects: ['E-23', 'E-26'],
  check({ orderId, order }, view) {
    if (order === undefined) return undefined
    if (view.orderId !== orderId) return { message: `asked for order ${orderId}, got ${view.orderId}` }
    const sum = view.items.reduce((total, item) => total + item.subtotalMinor, 0n)
    if (sum !== view.subtotalMinor)
      return { message: `the items of ${orderId} come to ${sum}, not ${view.subtotalMinor}` }
    const asked = order.lines
      .map(({ productId, quantity }) => `${productId}x${quantity}`)
      .sort()
      .join(' ')
    const held = view.items
      .map(({ productId, quantity }) => `${productId}x${quantity}`)
      .sort()
      .join(' ')
    return asked === held ? true : { message: `order ${orderId} holds ${held}, asked for was ${asked}` }
  },
}

/** The newest order that is known to have been placed, and its customer. */
function recent(world: CommerceWorld, arrival: Arrival, name: string): OrderRead {
  const newest = earlier(world.pace, arrival, { operation: 'order.place', lagSeconds: LAG_SECONDS })
  const id = newestKnown(newest, 1, (one) => world.results.get(orderKey(one)) !== undefined)
  const orderId = id && world.results.get(orderKey(id))
  if (id === undefined || orderId === undefined) {
    countStandIn(world, name)
    return { customerId: world.population.customerId(0), orderId: 1n, order: undefined }
  }
  const order = orderAt(world, id)
  return { customerId: order.customerId, orderId, order }
}

/** Customers look at the order that they have just placed: it is there, with the lines and prices of its placing. */
export const orderRead: Operation<CommerceApplication, CommerceWorld, OrderRead, OrderView> = {
  name: 'order.read',
  claims: ['ECM-56'],
  kind: 'read',
  rate: rates['order.read'],
  targets: [],
  refusalShare: [0, 0.05],
  checks: [readMatches],
  input: (arrival, world) => recent(world, arrival, 'order.read'),
  run: (application, { customerId, orderId }, context) =>
    application.readOrder({ customerId, orderId }, context),
}

const listHolds: Check<OrderRead, OrderPage, CommerceWorld> = {
  name: 'order.list-holds',
  claims: ['ECM-47', 'ECM-91'],
  defects: ['E-50'],
  check({ orderId, order }, { orders }) {
    if (orders.some((one, at) => at > 0 && one.orderId >= (orders[at - 1]?.orderId ?? 0n)))
      return {
        message: `the orders of a page are out of order: ${orders.map((one) => one.orderId).join(', ')}`,
      }
    if (order === undefined) return undefined
    const isThere = orders.some((one) => one.orderId === orderId)
    const mayBeLater = orders.length === PAGE && orders.every((one) => one.orderId > orderId)
    return isThere || mayBeLater ? true : { message: `order ${orderId} is not among its customer's newest` }
  },
}

/** A customer's newest orders (ECM-91): the one just placed is among them. */
export const orderList: Operation<CommerceApplication, CommerceWorld, OrderRead, OrderPage> = {
  name: 'order.list',
  claims: ['ECM-47', 'ECM-91'],
  kind: 'read',
  rate: rates['order.list'],
  targets: [],
  checks: [listHolds],
  input: (arrival, world) => recent(world, arrival, 'order.list'),
  run: (application, { customerId }, context) =>
    application.listOrders({ customerId, before: undefined, limit: PAGE }, context),
}

interface SellerRead {
  readonly sellerId: bigint
}

/** A seller's newest orders, from the read model (E-45). */
export const sellerOrders: Operation<
  CommerceApplication,
  CommerceWorld,
  SellerRead,
  { readonly orders: readonly SellerOrder[]; readonly next: bigint | undefined }
> = {
  name: 'seller.orders',
  claims: ['ECM-60'],
  kind: 'read',
  rate: rates['seller.orders'],
  targets: [],
  input(arrival, world) {
    const product = world.wantedProduct(uniform(rootOf(world.seed, CODE.sellerOrders, arrival), 0))
    return { sellerId: world.population.sellerId(world.population.product(product).seller) }
  },
  run: (application, { sellerId }, context) =>
    application.listSellerOrders({ sellerId, before: undefined, limit: PAGE }, context),
}
