import t from 'tap'
import { OperationFailure, Refusal } from '../../src/core/errors.ts'
import type { Context } from '../../src/core/operation.ts'
import type { PostgresClient, Statement } from '../../src/stores/postgres/client.ts'
import type { OrderLine, PlacedOrder } from '../../src/workloads/commerce/application.ts'
import { saga } from '../../src/workloads/commerce/fixed/checkout/saga.ts'
import { areSagasLeft, sweepSagas } from '../../src/workloads/commerce/fixed/checkout/saga-sweep.ts'
import { violations } from '../helpers/commerce-violations.ts'
import { openCommerceCase } from '../helpers/commerce-fixed.ts'
import type { TestCustomer } from '../helpers/commerce-fixed.ts'
import { eventually, newContext } from '../helpers/context.ts'

const commerce = await openCommerceCase()
const { postgres, sql } = commerce
const { application, services } = await commerce.open({ checkout: 'saga' })
const PRICE = 1_000n
let keys = 0

type Lines = readonly (readonly [bigint, number])[]

function requestOf(customer: TestCustomer, lines: Lines, key = `saga-${(keys += 1)}`) {
  const wanted = lines.map(([productId, quantity]): OrderLine => ({
    productId,
    quantity,
    seenPriceMinor: PRICE,
  }))
  return { ...customer, key, currency: 'USD', lines: wanted }
}

const place = (customer: TestCustomer, lines: Lines, key?: string): Promise<PlacedOrder> =>
  application.placeOrder(requestOf(customer, lines, key), newContext())

/**
 * Runs a saga until it comes to a named place for the nth time, and leaves it there for ever, as a crash would. Resolves when
 * it is there.
 */
async function dieAt(
  name: string,
  times: number,
  customer: TestCustomer,
  lines: Lines,
  key: string,
): Promise<void> {
  const { promise: dead, resolve } = Promise.withResolvers<void>()
  const never = Promise.withResolvers<void>().promise
  let seen = 0
  const context: Context = {
    ...newContext(),
    faultPoint(at) {
      if (at !== name || (seen += 1) < times) return undefined
      resolve()
      return never
    },
  }
  const running = application.placeOrder(requestOf(customer, lines, key), context)
  await Promise.race([dead, running])
}

interface StockState {
  readonly available: number
  readonly reserved: number
  /** Reservations of orders that may still come into being. */
  readonly held: number
  readonly orders: number
}

/** What there is of a product, and of orders for it. */
async function stateOf(product: bigint): Promise<StockState | undefined> {
  const [row] = await sql<StockState>(
    `SELECT sum(quantity_available)::integer AS available, sum(quantity_reserved)::integer AS reserved,
  (SELECT count(*)::integer FROM reservations r JOIN inventory j USING (inventory_id)
    WHERE j.product_id = $1 AND r.state = 'held') AS held,
  (SELECT count(*)::integer FROM order_items WHERE product_id = $1) AS orders
FROM inventory WHERE product_id = $1`,
    [product],
  )
  return row
}

/** Time goes by: what has been left half-way is over. */
async function pass(): Promise<void> {
  await sql("UPDATE reservations SET expires_at = expires_at - interval '1 minute' WHERE state = 'held'")
  await sql(
    "UPDATE idempotency_keys SET created_at = created_at - interval '1 minute' WHERE state = 'in-progress'",
  )
}

async function held(test: Pick<typeof t, 'equal' | 'strictSame'>): Promise<void> {
  test.equal(await areSagasLeft(postgres), false)
  test.strictSame(await violations(commerce, 'saga'), [], 'all audits hold')
}

/** Where a process may die, and what it leaves. */
const DEATHS = [
  { name: 'saga.claimed', times: 1, title: 'after the claim', held: 0, orders: 0 },
  { name: 'saga.reserve', times: 2, title: 'between two warehouses', held: 1, orders: 0 },
  { name: 'saga.held', times: 1, title: 'before the order', held: 2, orders: 0 },
  { name: 'saga.written', times: 1, title: 'after the order', held: 2, orders: 1 },
] as const

for (const death of DEATHS) {
  t.test(`a process that dies ${death.title} leaves an order that is whole, or nothing`, async (t) => {
    const customer = await commerce.customer()
    const product = await commerce.product({ price: PRICE, stock: { 1: 3, 2: 3 } })
    const key = `dies-${death.name}`
    await dieAt(death.name, death.times, customer, [[product, 5]], key)
    // What the process had sent off before it died is still done.
    await eventually(async () => (await stateOf(product))?.held === death.held)
    t.match(await stateOf(product), { orders: death.orders })
    t.equal(await sweepSagas(postgres, 10), 0, 'an order that may still come into being is left alone')
    if (death.orders === 0)
      await t.rejects(place(customer, [[product, 5]], key), new Refusal('in-progress'), 'so is its key')
    await pass()
    t.equal(await sweepSagas(postgres, 10), 1)
    t.equal(await sweepSagas(postgres, 10), 0)
    t.strictSame(
      await stateOf(product),
      death.orders === 1
        ? { available: 1, reserved: 5, held: 0, orders: 1 }
        : { available: 6, reserved: 0, held: 0, orders: 0 },
    )
    await held(t)
    const again = await place(customer, [[product, 5]], key)
    t.equal(again.replayed, death.orders === 1)
    t.match(await stateOf(product), { available: 1, reserved: 5, orders: 1 })
    await held(t)
  })
}

t.test(
  'a repetition takes over a key whose first process died, and what that one held is freed later',
  async (t) => {
    const customer = await commerce.customer()
    const product = await commerce.product({ price: PRICE, stock: { 1: 9 } })
    await dieAt('saga.held', 1, customer, [[product, 4]], 'taken-over')
    await pass()
    const placed = await place(customer, [[product, 4]], 'taken-over')
    t.equal(placed.replayed, false)
    t.match(await stateOf(product), { available: 1, reserved: 8, held: 1, orders: 1 })
    t.equal(await sweepSagas(postgres, 10), 1)
    t.match(await stateOf(product), { available: 5, reserved: 4, held: 0, orders: 1 })
    await held(t)
  },
)

t.test('a process that was only slow does not write an order that the sweeper has abandoned', async (t) => {
  const customer = await commerce.customer()
  const product = await commerce.product({ price: PRICE, stock: { 1: 9 } })
  const context: Context = {
    ...newContext(),
    async faultPoint(at) {
      if (at !== 'saga.held') return
      await pass()
      t.equal(await sweepSagas(postgres, 10), 1)
    },
  }
  await t.rejects(application.placeOrder(requestOf(customer, [[product, 4]]), context), {
    kind: 'timeout',
  } as never)
  t.strictSame(await stateOf(product), { available: 9, reserved: 0, held: 0, orders: 0 })
  await held(t)
})

t.test('an order that was paid before it was confirmed stays as it is', async (t) => {
  const customer = await commerce.customer()
  const product = await commerce.product({ price: PRICE, stock: { 1: 9 } })
  await dieAt('saga.written', 1, customer, [[product, 4]], 'paid')
  const [order] = await sql<{ order_id: bigint }>('SELECT order_id FROM order_items WHERE product_id = $1', [
    product,
  ])
  await application.capturePayment({ orderId: order?.order_id ?? 0n }, newContext())
  await pass()
  t.equal(await sweepSagas(postgres, 10), 0)
  await held(t)
})

t.test('a refusal leaves neither units nor key behind: the same request can be made again', async (t) => {
  const customer = await commerce.customer()
  const [plenty, rare] = [
    await commerce.product({ price: PRICE, stock: { 1: 9 } }),
    await commerce.product({ price: PRICE, stock: { 1: 1, 2: 1 } }),
  ]
  await t.rejects(
    place(
      customer,
      [
        [plenty, 4],
        [rare, 3],
      ],
      'again',
    ),
    new Refusal('out-of-stock'),
  )
  t.match(await stateOf(plenty), { available: 9, reserved: 0, held: 0 })
  await application.restock({ productId: rare, warehouseId: 1, quantity: 1 }, newContext())
  t.equal(
    (
      await place(
        customer,
        [
          [plenty, 4],
          [rare, 3],
        ],
        'again',
      )
    ).replayed,
    false,
  )
  t.match(await stateOf(rare), { available: 0, reserved: 3, held: 0 })
  await t.rejects(
    application.placeOrder({ ...requestOf(customer, [[plenty, 1]]), currency: 'EUR' }, newContext()),
    new Refusal('wrong-currency'),
  )
  await held(t)
})

/** PostgreSQL of which the answer to some calls is lost, or the call itself. */
function losing(lost: (name: string) => 'answer' | 'call' | undefined): PostgresClient {
  return {
    ...postgres,
    async query<Row extends object>(statement: Statement, ...rest: never[]): Promise<Row[]> {
      const what = lost(statement.name)
      if (what === 'call') throw new OperationFailure('unavailable', 'lost')
      const rows = await postgres.query<Row>(statement, ...rest)
      if (what === 'answer') throw new OperationFailure('unavailable', 'lost')
      return rows
    },
  }
}

t.test(
  'an order whose answer was lost is found, and answered; one whose call was lost is taken back',
  async (t) => {
    const customer = await commerce.customer()
    const product = await commerce.product({ price: PRICE, stock: { 1: 9, 2: 9 } })
    const through = (lost: Parameters<typeof losing>[0], units: number): Promise<PlacedOrder> =>
      saga({ ...services, postgres: losing(lost) }, requestOf(customer, [[product, units]]), newContext())
    const once = (name: string, what: 'answer' | 'call') => {
      let left = 1
      return (asked: string) => (asked === name && (left -= 1) === 0 ? what : undefined)
    }
    const found = await through(once('commerce_saga_finish', 'answer'), 2)
    t.equal(found.totalMinor, 2n * PRICE + 499n + 2n * 75n)
    t.match(await stateOf(product), { available: 16, reserved: 2, held: 0, orders: 1 })
    await t.rejects(through(once('commerce_saga_finish', 'call'), 2), { kind: 'unavailable' } as never)
    await t.rejects(through(once('commerce_saga_reserve', 'answer'), 12), { kind: 'unavailable' } as never)
    t.match(await stateOf(product), { available: 16, reserved: 2, held: 0, orders: 1 })
    // Not even the release gets through: that is the sweeper's.
    const dead = (name: string) => (/reserve|abandon/.test(name) ? 'answer' : undefined)
    await t.rejects(through(dead, 2), { kind: 'unavailable' } as never)
    t.match(await stateOf(product), { reserved: 4, held: 1 })
    await pass()
    t.equal(await sweepSagas(postgres, 10), 1)
    await through(once('commerce_saga_confirm', 'call'), 2)
    t.match(
      await stateOf(product),
      { reserved: 4, held: 1, orders: 2 },
      'the order is there, and not confirmed',
    )
    await pass()
    t.equal(await sweepSagas(postgres, 10), 1)
    await held(t)
  },
)

t.test('audits let nothing but what a saga took back name an order that is not there', async (t) => {
  const customer = await commerce.customer()
  const product = await commerce.product({ price: PRICE, stock: { 1: 9 } })
  await dieAt('saga.held', 1, customer, [[product, 4]], 'not-there')
  const before = (await violations(commerce, 'saga')).join()
  t.match(before, /ledger.orders: ledger row \d+ \(reserve\) names order \d+, which is not there/)
  await pass()
  await sweepSagas(postgres, 10)
  await held(t)
  // Of a cancelled order too all that was reserved was released, but not by a saga.
  const { orderId } = await place(customer, [[product, 2]])
  await application.cancelOrder({ ...customer, orderId }, newContext())
  await held(t)
  await sql('DELETE FROM idempotency_keys WHERE order_id = $1', [orderId])
  await sql('DELETE FROM orders WHERE order_id = $1', [orderId])
  t.match(
    (await violations(commerce, 'saga')).join(),
    new RegExp(`names order ${orderId}, which is not there`),
  )
})
