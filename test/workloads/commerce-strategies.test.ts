import t from 'tap'
import { OperationFailure, Refusal } from '../../src/core/errors.ts'
import {
  areTakingsLeft,
  chooseHotProducts,
  keepPools,
} from '../../src/workloads/commerce/fixed/checkout/unit-rows.ts'
import type { CommerceApplication, OrderLine, PlacedOrder } from '../../src/workloads/commerce/application.ts'
import { violations } from '../helpers/commerce-violations.ts'
import { openCommerceCase } from '../helpers/commerce-fixed.ts'
import type { TestCustomer } from '../helpers/commerce-fixed.ts'
import { newContext } from '../helpers/context.ts'

const STRATEGIES = ['serializable', 'unit-rows', 'saga'] as const
const commerce = await openCommerceCase()
const { postgres, sql } = commerce
const PRICE = 1_000n
let keys = 0

/** A customer whose order met others too often asks again, as clients do, with the same key. */
async function place(
  application: CommerceApplication,
  customer: TestCustomer,
  lines: readonly (readonly [bigint, number])[],
  key = `strategy-${(keys += 1)}`,
): Promise<PlacedOrder> {
  const wanted = lines.map(([productId, quantity]): OrderLine => ({
    productId,
    quantity,
    seenPriceMinor: PRICE,
  }))
  for (;;) {
    try {
      return await application.placeOrder({ ...customer, key, currency: 'USD', lines: wanted }, newContext())
    } catch (error) {
      if (!(error instanceof OperationFailure && error.kind === 'conflict')) throw error
    }
  }
}

/** What became of orders: how many were placed, and why the others were not. */
async function outcomes(orders: readonly Promise<PlacedOrder>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const order of await Promise.allSettled(orders)) {
    const reason =
      order.status === 'fulfilled'
        ? 'ok'
        : order.reason instanceof Refusal
          ? order.reason.reason
          : String(order.reason)
    counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}

interface Counters {
  readonly available: number
  readonly pooled: number
  readonly reserved: number
  readonly sold: number
}

async function stockOf(product: bigint): Promise<Counters | undefined> {
  const [row] = await sql<Counters>(
    `SELECT sum(quantity_available)::integer AS available, sum(quantity_pooled)::integer AS pooled,
  sum(quantity_reserved)::integer AS reserved, sum(quantity_sold)::integer AS sold FROM inventory WHERE product_id = $1`,
    [product],
  )
  return row
}

/** What the relay's housekeeping does. */
async function keepHouse(): Promise<void> {
  await keepPools(postgres)
}

t.test(
  'unit rows: a pool has at most 1,000 units, and an order that finds it empty has it filled',
  async (t) => {
    const { application } = await commerce.open({ checkout: 'unit-rows' })
    const customer = await commerce.customer()
    const product = await commerce.product({ price: PRICE, stock: { 1: 1_150 } })
    await chooseHotProducts(postgres, [product])
    t.match(await stockOf(product), { available: 150, pooled: 1_000 })
    for (let order = 0; order < 10; order += 1) await place(application, customer, [[product, 100]])
    t.match(
      await stockOf(product),
      { available: 150, pooled: 1_000, reserved: 0 },
      'the stock row was left alone',
    )
    t.equal(await areTakingsLeft(postgres), true)
    await place(application, customer, [[product, 100]])
    await place(application, customer, [[product, 50]])
    await t.rejects(place(application, customer, [[product, 1]]), new Refusal('out-of-stock'))
    t.equal(await keepPools(postgres), 12)
    t.strictSame(await stockOf(product), { available: 0, pooled: 0, reserved: 1_150, sold: 0 })
    t.equal(await areTakingsLeft(postgres), false)
    t.strictSame(await violations(commerce, 'unit-rows'), [])
  },
)

t.test('unit rows: products that are hot no longer have their units back in their stock row', async (t) => {
  const { application } = await commerce.open({ checkout: 'unit-rows' })
  const product = await commerce.product({ price: PRICE, stock: { 1: 30, 2: 10 } })
  await chooseHotProducts(postgres, [product])
  await place(application, await commerce.customer(), [[product, 4]])
  await chooseHotProducts(postgres, [])
  t.strictSame(await stockOf(product), { available: 36, pooled: 0, reserved: 4, sold: 0 })
  t.strictSame(await violations(commerce, 'unit-rows'), [])
})

for (const checkout of STRATEGIES) {
  t.test(`checkout=${checkout}`, async (t) => {
    const { application } = await commerce.open({ checkout })
    const customer = await commerce.customer()
    const customers = await Promise.all(Array.from({ length: 40 }, () => commerce.customer()))
    const held = async (): Promise<void> => {
      await keepHouse()
      t.strictSame(await violations(commerce, checkout), [], 'all audits hold')
    }
    /** A product of which units are taken in the way that the strategy is about. */
    const wanted = async (stock: Readonly<Record<number, number>>): Promise<bigint> => {
      const product = await commerce.product({ price: PRICE, stock })
      if (checkout === 'unit-rows') await chooseHotProducts(postgres, [product])
      return product
    }

    t.test('an order is placed once with an exact total, and what it takes is reserved', async (t) => {
      const [hot, cold] = [await wanted({ 1: 5, 2: 5 }), await commerce.product({ price: PRICE })]
      const placed = await place(
        application,
        customer,
        [
          [cold, 2],
          [hot, 3],
          [hot, 1],
        ],
        'once',
      )
      // Region 1 takes no tax; six units.
      t.equal(placed.totalMinor, 6n * PRICE + 499n + 6n * 75n)
      t.equal(placed.replayed, false)
      const again = await place(
        application,
        customer,
        [
          [cold, 2],
          [hot, 4],
        ],
        'once',
      )
      t.match(again, { orderId: placed.orderId, totalMinor: placed.totalMinor, replayed: true })
      await t.rejects(
        place(
          application,
          customer,
          [
            [cold, 2],
            [hot, 3],
          ],
          'once',
        ),
        new Refusal('key-reused'),
      )
      await held()
      t.match(await stockOf(hot), { reserved: 4, sold: 0 })
      const view = await application.readOrder({ ...customer, orderId: placed.orderId }, newContext())
      t.strictSame(
        view.items.map(({ quantity }) => quantity),
        [4, 2],
      )
    })

    t.test('40 orders at once for 25 units in two warehouses: exactly 25 are placed', async (t) => {
      const product = await wanted({ 1: 12, 2: 13 })
      const orders = customers.map((each) => place(application, each, [[product, 1]]))
      t.strictSame(await outcomes(orders), { ok: 25, 'out-of-stock': 15 })
      await held()
      t.match(await stockOf(product), { available: 0, pooled: 0, reserved: 25 })
    })

    t.test('the same key at once gives one order', async (t) => {
      const product = await wanted({ 1: 50 })
      const counts = await outcomes(
        Array.from({ length: 8 }, () => place(application, customer, [[product, 2]], 'at-once')),
      )
      t.equal((counts['ok'] ?? 0) + (counts['in-progress'] ?? 0), 8)
      t.ok((counts['ok'] ?? 0) >= 1)
      await held()
      t.match(await stockOf(product), { reserved: 2 })
    })

    t.test(
      'an order of what one warehouse has not alone is split; one that cannot be filled takes nothing',
      async (t) => {
        const [product, rare] = [
          await wanted({ 1: 3, 2: 3 }),
          await commerce.product({ price: PRICE, stock: { 1: 1 } }),
        ]
        await t.rejects(
          place(application, customer, [
            [product, 2],
            [rare, 2],
          ]),
          new Refusal('out-of-stock'),
        )
        await place(application, customer, [[product, 5]])
        await t.rejects(place(application, customer, [[product, 2]]), new Refusal('out-of-stock'))
        await held()
        t.match(await stockOf(product), { reserved: 5 })
        t.match(await stockOf(rare), { available: 1, reserved: 0 })
      },
    )

    t.test('orders are paid, cancelled, expire, come back and are restocked as by default', async (t) => {
      const product = await wanted({ 1: 10 })
      const orders: PlacedOrder[] = []
      for (let order = 0; order < 4; order += 1)
        orders.push(await place(application, customer, [[product, 2]]))
      const [paid, cancelled, expired, open] = orders.map(({ orderId }) => orderId) as [
        bigint,
        bigint,
        bigint,
        bigint,
      ]
      await application.capturePayment({ orderId: paid }, newContext())
      await application.cancelOrder({ ...customer, orderId: cancelled }, newContext())
      await sql("UPDATE reservations SET expires_at = now() - interval '1 hour' WHERE order_id = $1", [
        expired,
      ])
      await sql('SELECT sweep_reservations(100)')
      await application.shipOrder({ orderId: paid, trackingNumber: 'T1' }, newContext())
      await application.deliverOrder({ orderId: paid }, newContext())
      await held()
      const before = await stockOf(product)
      t.match(before, { reserved: 2, sold: 2 })
      t.equal((before?.available ?? 0) + (before?.pooled ?? 0), 6)
      await application.returnItem({ ...customer, orderId: paid, lineNumber: 1 }, newContext())
      await application.restock({ productId: product, warehouseId: 1, quantity: 1 }, newContext())
      await application.cancelOrder({ ...customer, orderId: open }, newContext())
      await held()
      // Everything is free again, and can be sold.
      t.strictSame(
        await outcomes(customers.slice(0, 12).map((each) => place(application, each, [[product, 1]]))),
        {
          ok: 11,
          'out-of-stock': 1,
        },
      )
      await held()
    })

    t.test(
      'orders of many items at once, with cancellations between them, leave every audit held',
      async (t) => {
        const products = await Promise.all(
          Array.from({ length: 4 }, () => commerce.product({ price: PRICE, stock: { 1: 20, 5: 20 } })),
        )
        if (checkout === 'unit-rows') await chooseHotProducts(postgres, products.slice(0, 3))
        const counts = await outcomes(
          customers.flatMap((each, number) =>
            [0, 1].map(async (round) => {
              const lines = products.map((product, at): [bigint, number] => [
                product,
                1 + ((number + at + round) % 2),
              ])
              const placed = await place(application, each, lines.slice(number % 3))
              if (number % 4 === 0)
                await application.cancelOrder({ ...each, orderId: placed.orderId }, newContext())
              if (number % 4 === 1)
                await application.capturePayment({ orderId: placed.orderId }, newContext())
              if (number % 8 === 2) await keepHouse()
              return placed
            }),
          ),
        )
        t.strictSame(Object.keys(counts).sort(), ['ok', 'out-of-stock'])
        await held()
      },
    )
  })
}

t.test('the audit of pools finds units that are in no row, and takings that nobody counted', async (t) => {
  const { application } = await commerce.open({ checkout: 'unit-rows' })
  const product = await commerce.product({ price: PRICE, stock: { 1: 30 } })
  await chooseHotProducts(postgres, [product])
  await place(application, await commerce.customer(), [[product, 4]])
  t.match(
    (await violations(commerce, 'unit-rows')).join(),
    /stock.pools: 4 units that were taken .* not been counted/,
  )
  await keepPools(postgres)
  await sql('DELETE FROM stock_units WHERE unit_number = (SELECT min(unit_number) FROM stock_units)')
  t.match(
    (await violations(commerce, 'unit-rows')).join(),
    /stock.pools: stock row \d+ has 26 units in its pool, and 25 unit rows/,
  )
})
