import t from 'tap'
import type { Context } from '../../src/core/operation.ts'
import type { CommerceApplication, OrderRequest } from '../../src/workloads/commerce/application.ts'
import { violations } from '../helpers/commerce-audits.ts'
import { openCommerceCase, refusal } from '../helpers/commerce-fixed.ts'
import { newContext } from '../helpers/context.ts'

const commerce = await openCommerceCase()
const { application } = commerce
const customer = await commerce.customer()
const productId = await commerce.product()
const BEYOND_IDS = [-1n, 2n ** 63n, 2n ** 64n]
const BEYOND_PRICES = [-1n, 2n ** 62n + 1n, 2n ** 63n]
const UNCHANGED = { title: null, priceMinor: null, status: null }

type Call = (use: CommerceApplication, context: Context) => Promise<unknown>
interface Case {
  readonly reason: string
  readonly what: string
  readonly call: Call
}

function ordering(product: bigint, price: bigint, units = 1, changes: Partial<OrderRequest> = {}): Call {
  const lines = [{ productId: product, seenPriceMinor: price, quantity: units }]
  return (use, context) =>
    use.placeOrder({ ...customer, key: 'beyond', currency: 'USD', lines, ...changes }, context)
}

/** Calls that ask for things by one id, each with the reason for which an unknown one is refused. */
const byId: Readonly<Record<string, readonly [reason: string, call: (id: bigint) => Call]>> = {
  'order of a product': ['unknown-product', (id) => ordering(id, 1n)],
  'order of a customer': ['unknown-address', (id) => ordering(productId, 1_000n, 1, { customerId: id })],
  'order to an address': ['unknown-address', (id) => ordering(productId, 1_000n, 1, { addressId: id })],
  page: ['unknown-product', (id) => (use, context) => use.readProduct({ productId: id }, context)],
  change: [
    'unknown-product',
    (id) => (use, context) => use.updateProduct({ ...UNCHANGED, productId: id }, context),
  ],
  'into a cart': [
    'unknown-product',
    (id) => (use, context) => use.addToCart({ ...customer, productId: id, quantity: 1 }, context),
  ],
  'cart of': [
    'unknown-customer',
    (id) => (use, context) => use.addToCart({ customerId: id, productId, quantity: 1 }, context),
  ],
  restock: [
    'unknown-stock',
    (id) => (use, context) => use.restock({ productId: id, warehouseId: 1, quantity: 1 }, context),
  ],
  read: ['unknown-order', (id) => (use, context) => use.readOrder({ ...customer, orderId: id }, context)],
  capture: ['unknown-order', (id) => (use, context) => use.capturePayment({ orderId: id }, context)],
  cancel: ['unknown-order', (id) => (use, context) => use.cancelOrder({ ...customer, orderId: id }, context)],
  refund: ['unknown-order', (id) => (use, context) => use.refundOrder({ orderId: id }, context)],
  ship: [
    'unknown-order',
    (id) => (use, context) => use.shipOrder({ orderId: id, trackingNumber: 'T' }, context),
  ],
  deliver: ['unknown-order', (id) => (use, context) => use.deliverOrder({ orderId: id }, context)],
  return: [
    'unknown-order',
    (id) => (use, context) => use.returnItem({ ...customer, orderId: id, lineNumber: 1 }, context),
  ],
  'orders of': [
    'unknown-customer',
    (id) => (use, context) => use.listOrders({ customerId: id, before: undefined, limit: 1 }, context),
  ],
  'orders before': [
    'bad-cursor',
    (id) => (use, context) => use.listOrders({ ...customer, before: id, limit: 1 }, context),
  ],
  'orders of a seller': [
    'unknown-seller',
    (id) => (use, context) => use.listSellerOrders({ sellerId: id, before: undefined, limit: 1 }, context),
  ],
  'orders of a seller before': [
    'bad-cursor',
    (id) => (use, context) => use.listSellerOrders({ sellerId: 1n, before: id, limit: 1 }, context),
  ],
}

const byLimit: Readonly<Record<string, (limit: number) => Call>> = {
  browse: (limit) => (use, context) =>
    use.browse({ filters: { categoryId: 1 }, after: undefined, limit }, context),
  orders: (limit) => (use, context) => use.listOrders({ ...customer, before: undefined, limit }, context),
  'orders of a seller': (limit) => (use, context) =>
    use.listSellerOrders({ sellerId: 1n, before: undefined, limit }, context),
}

function casesOf<Value>(
  reason: string,
  what: string,
  values: readonly Value[],
  call: (value: Value) => Call,
): readonly Case[] {
  return values.map((value) => ({
    reason,
    what: `${what} ${String(value).slice(0, 20)}`,
    call: call(value),
  }))
}

const cases: readonly Case[] = [
  ...Object.entries(byId).flatMap(([what, [reason, call]]) => casesOf(reason, what, BEYOND_IDS, call)),
  ...Object.entries(byLimit).flatMap(([what, call]) =>
    casesOf('invalid-limit', what, [-1, 0, 101, 2 ** 40, 1.5, Number.NaN], call),
  ),
  ...casesOf('price-changed', 'seen at', BEYOND_PRICES, (price) => ordering(productId, price)),
  ...casesOf(
    'invalid-price',
    'priced at',
    BEYOND_PRICES,
    (priceMinor) => (use, context) => use.updateProduct({ ...UNCHANGED, productId, priceMinor }, context),
  ),
  ...casesOf(
    'invalid-title',
    'called',
    ['', 'a\0b', 'x'.repeat(501), '\ud800'],
    (title) => (use, context) => use.updateProduct({ ...UNCHANGED, productId, title }, context),
  ),
  ...casesOf(
    'invalid-tracking-number',
    'sent as',
    ['', '\0', 'x'.repeat(101)],
    (trackingNumber) => (use, context) => use.shipOrder({ orderId: 1n, trackingNumber }, context),
  ),
  ...casesOf(
    'bad-cursor',
    'browsed from',
    ['1-9999999999999999999', '9999999999999999999-1'],
    (after) => (use, context) => use.browse({ filters: { categoryId: 1 }, after, limit: 1 }, context),
  ),
  ...casesOf(
    'unknown-order',
    'line',
    [-1, 2 ** 20, 0.5],
    (lineNumber) => (use, context) => use.returnItem({ ...customer, orderId: 1n, lineNumber }, context),
  ),
  ...casesOf(
    'unknown-stock',
    'warehouse',
    [-1, 2 ** 40, 0.5],
    (warehouseId) => (use, context) => use.restock({ productId, warehouseId, quantity: 1 }, context),
  ),
]

t.test('what is beyond its bounds is refused by name, and is no error of the database', async (t) => {
  for (const { reason, what, call } of cases)
    await t.rejects(call(application, newContext()), refusal(reason), `${what}: ${reason}`)
})

t.test('lines that come to more than 2^62 are refused, at whatever price they were seen', async (t) => {
  const dear = await commerce.product({ price: 2n ** 62n })
  for (const checkout of ['conditional', 'saga']) {
    const { application } = await commerce.open({ checkout })
    await t.rejects(
      ordering(dear, 2n ** 62n, 3)(application, newContext()),
      refusal('total-too-large'),
      checkout,
    )
    await t.rejects(ordering(dear, 1n, 3)(application, newContext()), refusal('price-changed'), checkout)
  }
})

t.test('the largest price can be sold, taxed, listed and paged (E-48)', async (t) => {
  const dear = {
    price: 2n ** 62n,
    categoryId: 41,
  }
  const first = await commerce.product(dear)
  const second = await commerce.product(dear)
  const taxed = await commerce.customer(2)
  const { totalMinor } = await commerce.order(taxed, [[first, 1]])
  t.equal(totalMinor, 2n ** 62n + (2n ** 62n * 1_900n + 5_000n) / 10_000n + 574n)
  const page = (after?: string): ReturnType<typeof application.browse> =>
    application.browse({ filters: { categoryId: 41 }, after, limit: 1 }, newContext())
  const one = await page()
  const other = await page(one.next)
  t.same(
    [...one.products, ...other.products].map((product) => product.productId),
    [first, second],
  )
  t.same(await violations(commerce.stores, ['orders.totals']), [])
})
