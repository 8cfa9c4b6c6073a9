import t from 'tap'
import { orderIdOf } from '../../src/workloads/commerce/fixed/order-number.ts'
import { violations } from '../helpers/commerce-audits.ts'
import { line, openCommerceCase, refusal } from '../helpers/commerce-fixed.ts'
import { eventually, newContext } from '../helpers/context.ts'

const commerce = await openCommerceCase()
const { application, postgres, sql } = commerce
const customer = await commerce.customer(1)
const TAX: Readonly<Record<number, bigint>> = { 0: 725n, 1: 0n, 2: 1_900n, 3: 2_000n }

/** How many of several orders were placed; the rest must have been refused for want of stock. */
async function placed(orders: readonly Promise<unknown>[]): Promise<number> {
  const ends = await Promise.allSettled(orders)
  const refused = ends.filter((end) => end.status === 'rejected')
  for (const { reason } of refused) if (!/out-of-stock/.test(String(reason))) throw reason
  return ends.length - refused.length
}

t.test(
  'a line that is busy is waited for, and no other line is taken twice in its place (E-08)',
  async (t) => {
    // The nearer one is the first that a scan meets.
    const stock = { 2: 9, 3: 9 }
    const [busy, plain] = [await commerce.product({ stock }), await commerce.product({ stock })]
    await commerce.product({ stock })
    // Of so few rows PostgreSQL would look for a warehouse once for each of them.
    await sql('ANALYZE inventory')
    let ordering: Promise<unknown> = Promise.resolve()
    await postgres.transaction(async (queries) => {
      await queries.execute(`SELECT FROM inventory WHERE product_id = ${busy} FOR UPDATE`)
      ordering = commerce.order(customer, [
        [busy, 2],
        [plain, 1],
      ])
      // What it says is looked at below.
      ordering.catch(() => undefined)
      const blocked = `wait_event_type = 'Lock' AND datname = current_database()`
      await Promise.race([
        ordering,
        eventually(async () => (await commerce.count('pg_stat_activity', blocked)) > 0),
      ])
    })
    await ordering
    const reserved = async (product: bigint): Promise<readonly number[]> =>
      Object.values(await commerce.stock(product))
        .map(([, units]) => units)
        .sort((one, other) => one - other)
    t.same(
      [await reserved(busy), await reserved(plain)],
      [
        [0, 2],
        [0, 1],
      ],
    )
  },
)

t.test(
  'an order is its rows, its stock, its ledger, its event and its number, in one transaction (ECM-61 to ECM-75)',
  async (t) => {
    const [one, other] = [
      await commerce.product({ price: 1_999n }),
      await commerce.product({ price: 5n, stock: { 4: 9 } }),
    ]
    await application.addToCart({ ...customer, productId: one, quantity: 3 }, newContext())
    const before = await commerce.stock(one)
    t.same(before, { 1: [100, 0, 0] }, 'a cart holds nothing (E-12)')
    const context = newContext()
    const order = await application.placeOrder(
      { ...customer, key: 'whole', currency: 'USD', lines: [line(other, 2, 5n), line(one, 3, 1_999n)] },
      context,
    )
    t.equal(context.cost.roundTrips, 1)
    t.equal(orderIdOf(order.orderNumber), order.orderId)
    t.match(order, { currency: 'USD', replayed: false, totalMinor: 3n * 1_999n + 10n + 499n + 5n * 75n })
    const view = await application.readOrder({ ...customer, orderId: order.orderId }, newContext())
    t.match(view, {
      status: 'pending',
      paymentStatus: 'pending',
      orderNumber: order.orderNumber,
      subtotalMinor: 6_007n,
    })
    t.match(view.items, [
      {
        lineNumber: 1,
        productId: one,
        quantity: 3,
        unitPriceMinor: 1_999n,
        subtotalMinor: 5_997n,
        status: 'pending',
      },
      {
        lineNumber: 2,
        productId: other,
        quantity: 2,
        unitPriceMinor: 5n,
        subtotalMinor: 10n,
        status: 'pending',
      },
    ])
    t.same([await commerce.stock(one), await commerce.stock(other)], [{ 1: [97, 3, 0] }, { 4: [7, 2, 0] }])
    const mine = `order_id = ${order.orderId}`
    t.equal(
      await commerce.count(
        'reservations',
        `${mine} AND state = 'open' AND expires_at > now() + interval '14 minutes'`,
      ),
      2,
    )
    t.same(
      await sql(`SELECT transaction_type AS kind, delta_available AS a, delta_reserved AS r, created_by AS by
      FROM inventory_transactions WHERE ${mine} ORDER BY delta_reserved`),
      [
        { kind: 'reserve', a: -2, r: 2, by: `customer:${customer.customerId}` },
        { kind: 'reserve', a: -3, r: 3, by: `customer:${customer.customerId}` },
      ],
    )
    const [event] = await sql<{ kind: string; payload: object }>(
      `SELECT kind, payload FROM outbox WHERE aggregate_id = ${order.orderId}`,
    )
    t.match(event, {
      kind: 'order.created',
      payload: {
        order: String(order.orderId),
        number: order.orderNumber,
        currency: 'USD',
        warehouses: { 1: 3, 4: 2 },
      },
    })
    t.equal(await commerce.count('outbox', `aggregate_id = ${order.orderId}`), 1)
    t.equal(
      await commerce.count('carts', `customer_id = ${customer.customerId}`),
      0,
      'what was ordered left the cart',
    )
  },
)

t.test(
  'totals are exact to the minor unit in every region, in JPY and KWD, and beyond 2^53 (E-26, E-48)',
  async (t) => {
    const cases: readonly (readonly [string, bigint, number])[] = [
      ['USD', 1_999n, 3],
      ['JPY', 100_001n, 7],
      ['KWD', 12_345n, 1],
      ['KWD', 1n, 100],
      ['USD', 0n, 1],
      ['USD', 9_007_199_254_741n, 1],
    ]
    for (const region of [0, 1, 2, 3]) {
      const buyer = await commerce.customer(region)
      for (const [currency, price, quantity] of cases) {
        const product = await commerce.product({ currency, price })
        const { totalMinor, orderId, currency: paidIn } = await commerce.order(buyer, [[product, quantity]])
        const subtotal = price * BigInt(quantity)
        const tax = (subtotal * (TAX[region] ?? 0n) + 5_000n) / 10_000n
        t.equal(
          totalMinor,
          subtotal + tax + 499n + 75n * BigInt(quantity),
          `${currency} ${price} in ${region}`,
        )
        t.equal(paidIn, currency)
        t.match(await application.readOrder({ ...buyer, orderId }, newContext()), {
          taxMinor: tax,
          discountMinor: 0n,
        })
      }
    }
    const dear = await commerce.product({ price: 2n ** 53n + 1n })
    t.equal((await commerce.order(customer, [[dear, 1]])).totalMinor, 2n ** 53n + 1n + 574n)
  },
)

t.test(
  'items keep title and price of the moment of purchase, whatever becomes of the product (ECM-56)',
  async (t) => {
    const productId = await commerce.product({ title: 'As it was' })
    const { orderId } = await commerce.order(customer, [[productId, 1]])
    await application.updateProduct(
      { productId, title: 'Other', priceMinor: 7n, status: 'deleted' },
      newContext(),
    )
    const { items } = await application.readOrder({ ...customer, orderId }, newContext())
    t.match(items, [{ title: 'As it was', unitPriceMinor: 1_000n }])
  },
)

t.test(
  'where one line lacks stock nothing of the order is left, and no stock row shows it (ECM-61)',
  async (t) => {
    const plenty = await commerce.product({ stock: { 1: 3, 2: 3 } })
    const rare = await commerce.product({ stock: { 1: 1, 2: 1 } })
    const shelves = (): Promise<object[]> =>
      sql(`SELECT inventory_id, quantity_available, quantity_reserved, quantity_sold, version FROM inventory
        WHERE product_id IN (${plenty}, ${rare}) ORDER BY inventory_id`)
    const before = await shelves()
    const rows = async (): Promise<number[]> =>
      Promise.all(
        [
          'orders',
          'order_items',
          'order_item_allocations',
          'inventory_transactions',
          'reservations',
          'outbox',
          'idempotency_keys',
        ].map((table) => commerce.count(table)),
      )
    const counts = await rows()
    await t.rejects(
      commerce.order(
        customer,
        [
          [plenty, 5],
          [rare, 3],
        ],
        'short',
      ),
      refusal('out-of-stock'),
    )
    t.same(await shelves(), before)
    t.same(await rows(), counts)
    t.ok(
      await commerce.order(
        customer,
        [
          [plenty, 5],
          [rare, 2],
        ],
        'short',
      ),
      'its key is free for the next try',
    )
  },
)

t.test(
  'a line that no warehouse can fill alone is split over the nearest: 3 and 3 give 5 (E-15)',
  async (t) => {
    const product = await commerce.product({ stock: { 3: 3, 2: 3 } })
    const { orderId } = await commerce.order(customer, [[product, 5]])
    t.same(
      await commerce.stock(product),
      { 2: [0, 3, 0], 3: [1, 2, 0] },
      'warehouse 2 is in the region, 3 is not',
    )
    t.same(
      await sql(`SELECT warehouse_id AS place, quantity AS units FROM order_item_allocations
      WHERE order_id = ${orderId} ORDER BY 1`),
      [
        { place: 2, units: 3 },
        { place: 3, units: 2 },
      ],
    )
  },
)

t.test(
  'the nearest warehouse that has all of a line sends it, and one that is busy is passed over (E-11)',
  async (t) => {
    const north = await commerce.customer(0)
    const product = await commerce.product({ stock: { 3: 9, 2: 9, 1: 9 } })
    const places = async (): Promise<number[]> => {
      const { orderId } = await commerce.order(north, [[product, 4]])
      const rows = await sql<{ place: number }>(
        `SELECT warehouse_id AS place FROM order_item_allocations WHERE order_id = ${orderId}`,
      )
      return rows.map(({ place }) => place)
    }
    t.same(await places(), [1])
    await postgres.transaction(async (queries) => {
      await queries.execute(
        `SELECT FROM inventory WHERE product_id = ${product} AND warehouse_id = 1 FOR UPDATE`,
      )
      t.same(await places(), [2], 'somebody else is busy with 1')
    })
    t.same(
      [await places(), await places(), await places()],
      [[1], [2], [3]],
      'near before far, whole before split',
    )
    t.same(await commerce.stock(product), { 1: [1, 8, 0], 2: [1, 8, 0], 3: [5, 4, 0] })
  },
)

t.test(
  '40 orders at once for 25 units: exactly 25 are placed, however the units lie (ECM-09, E-09)',
  async (t) => {
    for (const units of [{ 1: 25 }, { 1: 10, 5: 8, 3: 7 }]) {
      const product = await commerce.product({ stock: units })
      const orders = Array.from({ length: 40 }, () => commerce.order(customer, [[product, 1]]))
      t.equal(await placed(orders), 25)
      t.ok(Object.values(await commerce.stock(product)).every(([available]) => available === 0))
    }
  },
)

t.test('orders of two units at once take 14 of 15 units, split ones among them, and leave one', async (t) => {
  const product = await commerce.product({ stock: { 1: 5, 2: 5, 3: 5 } })
  t.equal(await placed(Array.from({ length: 12 }, () => commerce.order(customer, [[product, 2]]))), 7)
  const left = Object.values(await commerce.stock(product)).reduce((sum, [available]) => sum + available, 0)
  t.equal(left, 1)
})

t.test('a stock row that was waited for in vain is let go before another is waited for (E-08)', async (t) => {
  const buyer = await commerce.customer(1)
  const product = await commerce.product({ stock: { 1: 1, 2: 2 } })
  const waiters = async (count: number): Promise<void> =>
    eventually(
      async () =>
        (await commerce.count(
          'pg_stat_activity',
          `wait_event_type = 'Lock' AND datname = current_database()`,
        )) === count,
    )
  let order: Promise<unknown> = Promise.resolve()
  let both: Promise<unknown> = Promise.resolve()
  await postgres.transaction(async (queries) => {
    await queries.execute(`SELECT place_order(${buyer.customerId}, ${buyer.customerId + 1n}, 'first', ${buyer.addressId},
      'USD', 'first', 'hash', ARRAY[${product}], ARRAY[1], ARRAY[1000], 900)`)
    order = commerce.order(buyer, [[product, 2]])
    await waiters(1)
    both = postgres.transaction((others) =>
      others.execute(`SELECT FROM inventory WHERE product_id = ${product} ORDER BY warehouse_id FOR UPDATE`),
    )
    await waiters(2)
  })
  await both
  await order
  t.same(await commerce.stock(product), { 1: [0, 1, 0], 2: [0, 2, 0] })
})

t.test('carts in opposite orders do not deadlock, and none of them fails (E-08)', async (t) => {
  const products = [await commerce.product(), await commerce.product(), await commerce.product()]
  const deadlocks = async (): Promise<object[]> =>
    sql('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')
  const before = await deadlocks()
  const orders = Array.from({ length: 32 }, (_, index) =>
    commerce.order(
      customer,
      (index % 2 === 0 ? products : products.toReversed()).map((product) => [product, 1] as const),
    ),
  )
  t.equal((await Promise.all(orders)).length, 32)
  t.same(await deadlocks(), before)
})

t.test('after all of that every audit of the tables holds', async (t) => {
  t.same(await violations(commerce.stores), [])
})
