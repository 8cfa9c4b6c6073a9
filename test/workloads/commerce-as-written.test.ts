import t from 'tap'
import { OperationFailure } from '../../src/core/errors.ts'
import type { JournalEntry } from '../../src/core/journal.ts'
import { freshAsWrittenTopics, ORDER_CREATED } from '../../src/workloads/commerce/as-written/events.ts'
import { workload } from '../../src/workloads/commerce/index.ts'
import {
  applications,
  audit,
  contextWith,
  isLockAwaited,
  journalOf,
  orderOf,
  own,
  place,
  roleHere,
  seeded,
  sql,
  started,
} from '../helpers/commerce-as-written.ts'
import { eventually, newContext } from '../helpers/context.ts'

const asWritten = workload.variants['as-written']
const { stores } = started
const VARIANTS = ['as-written', 'fixed'] as const

/** Units of a product over all warehouses. */
async function stockOf(
  variant: (typeof VARIANTS)[number],
  product: number,
): Promise<{ available: number; reserved: number }> {
  const [row] = await sql<{ available: number; reserved: number }>(
    variant,
    `SELECT sum(quantity_available)::int AS available, sum(quantity_reserved)::int AS reserved
     FROM inventory WHERE product_id = $1`,
    [seeded.productId(product)],
  )
  return row ?? { available: NaN, reserved: NaN }
}

async function ordersIn(variant: (typeof VARIANTS)[number]): Promise<number> {
  const [row] = await sql<{ orders: number }>(variant, 'SELECT count(*)::int AS orders FROM orders')
  return row?.orders ?? NaN
}

t.test('the schema converges and is the declared one', async (t) => {
  t.match(await asWritten.provision(stores, () => undefined), { changed: false })
  t.strictSame(await asWritten.schemaDifferences(stores), [])
  t.match(await asWritten.ensurePartitions(stores, 3), { changed: false })
  t.match(await asWritten.ensurePartitions(stores, 4), { changed: true })
  t.strictSame(await asWritten.schemaDifferences(stores), [], 'a further month is no difference')
  await sql('as-written', 'ALTER TABLE orders ALTER COLUMN total TYPE numeric(12, 2)')
  t.match(await asWritten.schemaDifferences(stores), [{ object: 'column orders.total' }])
  await sql('as-written', 'ALTER TABLE orders ALTER COLUMN total TYPE numeric(10, 2)')
})

t.test('both variants are seeded alike: products at their prices, stock, documents', async (t) => {
  const facts = async (variant: (typeof VARIANTS)[number], price: string): Promise<object[]> =>
    sql(
      variant,
      `SELECT count(*)::int AS products, sum(${price})::bigint AS prices, (SELECT sum(quantity_available)::bigint FROM inventory) AS units,
         (SELECT count(*)::int FROM reviews) AS reviews, (SELECT count(*)::int FROM product_images) AS images FROM products`,
    )
  t.same(await facts('as-written', 'price * 100'), await facts('fixed', 'price_minor'))
  for (const variant of VARIANTS) t.equal(await own[variant].elasticsearch.count('products'), seeded.size)
  t.match(await audit('as-written', 'search.equal'), { state: 'held', checked: 200 })
  t.match(await audit('as-written', 'stock.ledger'), { state: 'held', checked: 800 })
})

t.test('an order costs what its lines, tax and shipping come to, and its customer sees it', async (t) => {
  const request = orderOf([
    [1, 2],
    [2, 1],
  ])
  const [written, fixed] = [await place('as-written', request), await place('fixed', request)]
  t.equal(written.totalMinor, fixed.totalMinor)
  for (const [variant, { orderId }] of [['as-written', written] as const, ['fixed', fixed] as const]) {
    const application = applications[variant]
    const { customerId } = request
    const view = await application.readOrder({ customerId, orderId }, newContext())
    t.equal(view.totalMinor, written.totalMinor)
    t.same(
      view.items.map(({ productId, quantity, lineNumber }) => [productId, quantity, lineNumber]),
      [
        [seeded.productId(1), 2, 1],
        [seeded.productId(2), 1, 2],
      ],
    )
    const list = await application.listOrders({ customerId, before: undefined, limit: 10 }, newContext())
    t.same(list.orders, [view])
    await t.rejects(application.readOrder({ customerId: 1n, orderId }, newContext()), {
      message: 'refused: unknown-order',
    })
  }
})

t.test(
  'of two orders at a time for one product one is lost to a conflict (E-07); fixed places both',
  async (t) => {
    const first = Promise.withResolvers<void>()
    const holding = Promise.withResolvers<void>()
    const held = place(
      'as-written',
      orderOf([[10, 1]]),
      contextWith({
        'order.before-commit': () => {
          holding.resolve()
          return first.promise
        },
      }),
    )
    await holding.promise
    const second = place('as-written', orderOf([[10, 1]]))
    const lost = t.rejects(second, { name: 'OperationFailure', kind: 'conflict' })
    await eventually(() => isLockAwaited('as-written'))
    first.resolve()
    await held
    await lost
    t.match(await stockOf('as-written', 10), { reserved: 1 })

    await Promise.all([place('fixed', orderOf([[10, 1]])), place('fixed', orderOf([[10, 1]]))])
    t.match(await stockOf('fixed', 10), { reserved: 2 })
  },
)

t.test(
  'carts in opposite order wait for each other, and one is broken off (E-08); fixed sorts them',
  async (t) => {
    const both = { 'as-written': 0, fixed: 0 }
    const everybody = Promise.withResolvers<void>()
    const meet = (): Promise<void> => {
      both['as-written'] += 1
      if (both['as-written'] === 2) everybody.resolve()
      return everybody.promise
    }
    const carts: readonly (readonly [number, number])[][] = [
      [
        [11, 1],
        [12, 1],
      ],
      [
        [12, 1],
        [11, 1],
      ],
    ]
    const ends = await Promise.allSettled(
      carts.map((cart) => place('as-written', orderOf(cart), contextWith({ 'order.line-reserved': meet }))),
    )
    const lost = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
    t.equal(lost.length, 1)
    t.match(lost[0], { kind: 'conflict', message: /deadlock detected/ })
    // The server's counters come a moment later.
    await eventually(async () => (await audit('as-written', 'locks.ordered')).state === 'violated')

    await Promise.all(carts.map((cart) => place('fixed', orderOf(cart))))
    t.match(await audit('fixed', 'locks.ordered'), { state: 'held' })
  },
)

t.test('reservations in the ledger name no order (E-16); fixed ones do', async (t) => {
  for (const variant of VARIANTS) await place(variant, orderOf([[13, 1]]))
  const written = await audit('as-written', 'ledger.orders')
  t.match(written, { state: 'violated', examples: [/names no order/] })
  t.equal(written.violations, written.checked)
  t.match(await audit('fixed', 'ledger.orders'), { state: 'held' })
})

/** Leaves 3 units of a product in each of two warehouses, and says so in the ledger where that is the text's. */
async function leaveThreeAndThree(variant: (typeof VARIANTS)[number], product: number): Promise<void> {
  const left = `least(3, greatest(0, 3 * (3 - row_number() OVER (ORDER BY warehouse_id))))::int`
  const kept = `SELECT inventory_id, quantity_available - ${left} AS gone FROM inventory WHERE product_id = $1`
  const take = `UPDATE inventory i SET quantity_available = quantity_available - gone, quantity_reserved = quantity_reserved + gone
    FROM kept WHERE i.inventory_id = kept.inventory_id RETURNING i.inventory_id, gone`
  const record = `INSERT INTO inventory_transactions (inventory_id, transaction_type, quantity_change)
    SELECT inventory_id, 'reserve', -gone FROM taken`
  const text = `WITH kept AS (${kept}), taken AS (${take}) ${variant === 'fixed' ? 'SELECT FROM taken' : record}`
  await sql(variant, text, [seeded.productId(product)])
  t.match(await stockOf(variant, product), { available: 6 })
}

t.test(
  '3 units here and 3 there refuse an order of 5 (E-15), and the audit sees it; fixed splits it',
  async (t) => {
    for (const variant of VARIANTS) await leaveThreeAndThree(variant, 14)
    const entries: JournalEntry[] = []
    for (const quantity of [5, 7]) {
      const startedMicros = Number(process.hrtime.bigint() / 1000n)
      const request = orderOf([[14, quantity]])
      await t.rejects(place('as-written', request), { message: 'refused: out-of-stock' })
      entries.push({
        number: quantity,
        phase: 'measure',
        stream: 'mix',
        operation: 'order.place',
        keys: {
          customer: String(request.customerId),
          key: request.key,
          lines: `${seeded.productId(14)}x${quantity}`,
        },
        outcome: 'refused',
        result: {},
        startedMicros,
        finishedMicros: Number(process.hrtime.bigint() / 1000n),
      })
    }
    const found = await audit('as-written', 'refusals.right', journalOf(entries))
    t.match(found, {
      state: 'violated',
      checked: 2,
      violations: 1,
      examples: [/#5 order.place .* without a reason/],
    })

    const { orderId } = await place('fixed', orderOf([[14, 5]]))
    const parts = await sql('fixed', 'SELECT quantity FROM order_item_allocations WHERE order_id = $1', [
      orderId,
    ])
    t.equal(parts.length, 2)
  },
)

t.test('a repeated request becomes two orders (E-21); fixed answers the first one again', async (t) => {
  const request = orderOf([[15, 1]])
  const written = [await place('as-written', request), await place('as-written', request)]
  t.not(written[0]?.orderId, written[1]?.orderId)
  const fixed = [await place('fixed', request), await place('fixed', request)]
  t.equal(fixed[0]?.orderId, fixed[1]?.orderId)
})

t.test('a negative quantity adds stock (E-27), and the audit sees it; fixed refuses it', async (t) => {
  const before = await stockOf('as-written', 16)
  t.match(await audit('as-written', 'stock.oversold'), { state: 'held' })
  await place('as-written', orderOf([[16, 3]]))
  await place('as-written', orderOf([[16, -2]]))
  t.same(await stockOf('as-written', 16), { available: before.available - 1, reserved: before.reserved + 1 })
  t.match(await audit('as-written', 'stock.oversold'), {
    state: 'violated',
    violations: 1,
    examples: [/orders put 2 units into stock row/],
  })
  await t.rejects(place('fixed', orderOf([[16, -2]])), { message: 'refused: invalid-quantity' })
})

t.test('a price that changes between two reads is in the total and not in the items (E-23)', async (t) => {
  const dearer = {
    productId: seeded.productId(17),
    title: null,
    priceMinor: 2n * seeded.priceOf(17),
    status: null,
  }
  t.match(await audit('as-written', 'orders.totals'), { state: 'held' })
  const changes = async (): Promise<void> => {
    await applications['as-written'].updateProduct(dearer, newContext())
  }
  await place('as-written', orderOf([[17, 1]]), contextWith({ 'order.before-items': changes }))
  t.match(await audit('as-written', 'orders.totals'), {
    state: 'violated',
    violations: 1,
    examples: [/its subtotal is/],
  })
  t.not(
    (await place('as-written', orderOf([[17, 1]]))).totalMinor,
    (await place('fixed', orderOf([[17, 1]]))).totalMinor,
    'and whoever saw the old price pays the new one',
  )
  await applications.fixed.updateProduct(dearer, newContext())
  await t.rejects(place('fixed', orderOf([[17, 1]])), { message: 'refused: price-changed' })
})

t.test('what is off sale is found (E-39) and can be bought (E-28); fixed refuses it', async (t) => {
  const gone = { productId: seeded.productId(18), title: null, priceMinor: null, status: 'inactive' } as const
  for (const variant of VARIANTS) await applications[variant].updateProduct(gone, newContext())
  await place('as-written', orderOf([[18, 1]]))
  await t.rejects(place('fixed', orderOf([[18, 1]])), { message: 'refused: inactive-product' })
  t.match(await audit('as-written', 'search.equal'), {
    state: 'violated',
    violations: 1,
    examples: [`product ${gone.productId} is found and is not active`],
  })
})

t.test(
  'nothing that an order reserved comes free, is sold, or follows its status (E-13, E-14, E-32)',
  async (t) => {
    const request = orderOf([[19, 2]])
    const { orderId } = await place('as-written', request)
    const { customerId } = request
    const application = applications['as-written']
    await application.shipOrder({ orderId, trackingNumber: 'T1' }, newContext())
    t.match(await audit('as-written', 'orders.states'), {
      state: 'violated',
      examples: [/is shipped and unpaid/],
    })
    await application.capturePayment({ orderId }, newContext())
    await application.cancelOrder({ customerId, orderId }, newContext())
    t.match(await stockOf('as-written', 19), { reserved: 2 })
    const held = await audit('as-written', 'reservations.expired')
    t.ok(held.examples.length > 0)
    t.equal(held.violations, held.checked, 'not one of all orders')

    const fixed = await place('fixed', request)
    await t.rejects(
      applications.fixed.shipOrder({ orderId: fixed.orderId, trackingNumber: 'T1' }, newContext()),
      { message: 'refused: not-confirmed' },
    )
    await applications.fixed.cancelOrder({ customerId, orderId: fixed.orderId }, newContext())
    t.match(await stockOf('fixed', 19), { reserved: 0 })
  },
)

t.test(
  'each order is confirmed and its warehouses told; a message that comes again is done again',
  async (t) => {
    const roles = await Promise.all(['confirmations', 'notices'].map((name) => roleHere('as-written', name)))
    t.teardown(() => Promise.all(roles.map(({ role }) => role.close())))
    const settled = (): Promise<void> =>
      eventually(async () => (await Promise.all(roles.map(({ role }) => role.drained()))).every(Boolean))
    const { orderId } = await place('as-written', orderOf([[20, 1]]))
    await settled()
    t.match(await audit('as-written', 'events.created'), { state: 'held' })
    t.match(await audit('as-written', 'effects.once'), { state: 'held' })
    for (const { ends } of roles) t.equal(ends.filter(({ key }) => key === String(orderId)).length, 1)
    await own['as-written'].kafka.produce(ORDER_CREATED, [
      { key: undefined, value: JSON.stringify({ order_id: String(orderId) }) },
    ])
    await settled()
    t.match(await audit('as-written', 'effects.once'), {
      state: 'violated',
      violations: 2,
      examples: [`order ${orderId} was confirmed 2 times`, /was told of 2 units/],
    })
    t.match(await audit('as-written', 'events.created'), { state: 'violated', violations: 1 })
  },
)

t.test(
  'an event that cannot be published makes an order that is there look failed (E-20); fixed places it',
  async (t) => {
    const before = [await ordersIn('as-written'), await ordersIn('fixed')] as const
    await own['as-written'].kafka.deleteTopics([ORDER_CREATED])
    await own.fixed.kafka.deleteTopics(['order-events'])
    await t.rejects(place('as-written', orderOf([[21, 1]])), OperationFailure)
    t.equal(await ordersIn('as-written'), before[0] + 1, 'it is there')
    await place('fixed', orderOf([[21, 1]]))
    t.equal(await ordersIn('fixed'), before[1] + 1)
    await freshAsWrittenTopics(own['as-written'].kafka)
  },
)

t.test(
  'what was acknowledged is there with its lines; an order that nobody asked for is found',
  async (t) => {
    const rows = await sql<{ id: string; customer: string; lines: string }>(
      'as-written',
      `SELECT o.order_id::text AS id, o.customer_id::text AS customer, string_agg(product_id || 'x' || quantity, ' ') AS lines
     FROM orders o JOIN order_items i USING (order_id) GROUP BY 1, 2`,
    )
    const entries = rows.map(({ id, customer, lines }, number): JournalEntry => ({
      number,
      phase: 'measure',
      stream: 'mix',
      operation: 'order.place',
      keys: { customer, key: 'k', lines },
      // Of the last one nobody knows.
      outcome: number === rows.length - 1 ? 'unknown' : 'ok',
      result: number === rows.length - 1 ? {} : { order: id },
      startedMicros: number,
      finishedMicros: number,
    }))
    const name = 'journal.acknowledged'
    t.match(await audit('as-written', name, journalOf(entries)), { state: 'held', checked: rows.length })
    t.match(await audit('as-written', name, journalOf(entries.slice(1))), {
      violations: 1,
      examples: [/nobody asked for it/],
    })
    const lost = { ...entries[0], result: { order: '5' } } as JournalEntry
    t.match(await audit('as-written', name, journalOf([...entries, lost])), {
      violations: 1,
      examples: [/order 5 .* was acknowledged and is not there/],
    })
  },
)

t.test('the audit of the ledger sees a counter that nobody wrote down', async (t) => {
  t.match(await audit('as-written', 'stock.ledger'), { state: 'held' })
  await sql(
    'as-written',
    'UPDATE inventory SET quantity_available = quantity_available + 1 WHERE product_id = $1',
    [seeded.productId(30)],
  )
  t.match(await audit('as-written', 'stock.ledger'), { state: 'violated', violations: 4 })
})
