import fc from 'fast-check'
import t from 'tap'
import { idGenerator, shardOfId } from '../../src/core/snowflake.ts'
import type { Changed } from '../../src/workloads/commerce/application.ts'
import { keepHouse, newHouse } from '../../src/workloads/commerce/fixed/events/housekeeping.ts'
import { violations } from '../helpers/commerce-audits.ts'
import { openCommerceCase, refusal } from '../helpers/commerce-fixed.ts'
import type { TestCustomer } from '../helpers/commerce-fixed.ts'
import { eventually, newContext } from '../helpers/context.ts'

const commerce = await openCommerceCase()
const { application, postgres, sql } = commerce
const customer = await commerce.customer()
const ids = idGenerator(50)

const STEPS = ['capture', 'cancel', 'refund', 'ship', 'deliver', 'return 1', 'return 2', 'return 3'] as const
type Step = (typeof STEPS)[number]

function take(step: Step, orderId: bigint, by: TestCustomer = customer): Promise<Changed> {
  const context = newContext()
  if (step === 'capture') return application.capturePayment({ orderId }, context)
  if (step === 'cancel') return application.cancelOrder({ ...by, orderId }, context)
  if (step === 'refund') return application.refundOrder({ orderId }, context)
  if (step === 'ship') return application.shipOrder({ orderId, trackingNumber: 'T1' }, context)
  if (step === 'deliver') return application.deliverOrder({ orderId }, context)
  return application.returnItem({ ...by, orderId, lineNumber: Number(step.slice(7)) }, context)
}

async function steps(orderId: bigint, ...wanted: readonly Step[]): Promise<void> {
  for (const step of wanted) await take(step, orderId)
}

/** An order of two lines as its steps should leave it. */
interface Model {
  status: string
  paid: string
  readonly items: string[]
}

function moved(model: Model, status: string): 'changed' {
  model.status = status
  if (status === 'shipped' || status === 'delivered') model.items.fill(status)
  return 'changed'
}

/** Takes a step in the model; what the application should answer. */
function expected(model: Model, step: Step): string {
  const { status, paid, items } = model
  if (step === 'capture') {
    if (paid === 'paid') return 'same'
    if (status === 'cancelled' || paid === 'refunded') return 'cancelled'
    model.paid = 'paid'
    return moved(model, 'confirmed')
  }
  if (step === 'cancel') {
    if (status === 'cancelled') return 'same'
    return status === 'shipped' || status === 'delivered' ? 'too-late' : moved(model, 'cancelled')
  }
  if (step === 'refund') {
    if (paid !== 'paid') return paid === 'refunded' ? 'same' : 'not-paid'
    if (status !== 'cancelled' && items.some((item) => item !== 'returned')) return 'not-returned'
    model.paid = 'refunded'
    return 'changed'
  }
  if (step === 'ship') {
    if (status === 'shipped' || status === 'delivered') return 'same'
    return status === 'confirmed' ? moved(model, 'shipped') : 'not-confirmed'
  }
  if (step === 'deliver') {
    if (status === 'delivered') return 'same'
    return status === 'shipped' ? moved(model, 'delivered') : 'not-shipped'
  }
  const line = Number(step.slice(7)) - 1
  const item = items[line]
  if (item === undefined) return 'unknown-order'
  if (item === 'returned') return 'same'
  if (item !== 'delivered') return 'not-delivered'
  items[line] = 'returned'
  return 'changed'
}

/** What the units of a line count as: 0 available, 1 reserved, 2 sold. */
function counterOf(model: Model, line: number): 0 | 1 | 2 {
  if (model.status === 'cancelled' || model.items[line] === 'returned') return 0
  return model.status === 'pending' ? 1 : 2
}

t.test(
  'whatever steps come, in whatever order, an order is where the model says, and so is its stock',
  async (t) => {
    const products = [
      await commerce.product({ stock: { 1: 3, 2: 3 } }),
      await commerce.product({ stock: { 3: 9 } }),
    ] as const
    const usual: readonly Step[] = ['capture', 'ship', 'deliver', 'return 1', 'return 2', 'refund']
    const some = fc.array(fc.constantFrom(...STEPS), { maxLength: 10 })
    const before = fc.nat(usual.length).map((count) => usual.slice(0, count))
    await fc.assert(
      fc.asyncProperty(before, some, async (first, then) => {
        const stock = async (): Promise<(readonly number[])[]> =>
          Promise.all(
            products.map(async (product) => {
              const rows = Object.values(await commerce.stock(product))
              return [0, 1, 2].map((counter) => rows.reduce((sum, row) => sum + (row[counter] ?? 0), 0))
            }),
          )
        const units = [4, 2]
        for (const [product, place] of [
          [products[0], 1],
          [products[0], 2],
          [products[1], 3],
        ] as const)
          await application.restock({ productId: product, warehouseId: place, quantity: 10 }, newContext())
        const atFirst = await stock()
        const { orderId } = await commerce.order(customer, [
          [products[0], 4],
          [products[1], 2],
        ])
        const model: Model = { status: 'pending', paid: 'pending', items: ['pending', 'pending'] }
        for (const step of [...first, ...then]) {
          const wanted = expected(model, step)
          const answer = await take(step, orderId).then(
            ({ changed }) => (changed ? 'changed' : 'same'),
            (error: unknown) => (error instanceof Error && 'reason' in error ? error.reason : String(error)),
          )
          if (answer !== wanted) throw new Error(`${step} answers ${String(answer)}, not ${wanted}`)
        }
        const view = await application.readOrder({ ...customer, orderId }, newContext())
        const seen = [view.status, view.paymentStatus, ...view.items.map(({ status }) => status)].join()
        const wanted = [model.status, model.paid, ...model.items].join()
        if (seen !== wanted) throw new Error(`the order is ${seen}, not ${wanted}`)
        const left = await stock()
        for (const [line, counters] of atFirst.entries()) {
          const after = counters.map((count) => count)
          after[0] = (after[0] ?? 0) - (units[line] ?? 0)
          after[counterOf(model, line)] = (after[counterOf(model, line)] ?? 0) + (units[line] ?? 0)
          if (left[line]?.join() !== after.join())
            throw new Error(`line ${line + 1} leaves ${left[line]?.join()}, not ${after.join()}`)
        }
      }),
      { numRuns: 40 },
    )
    // Of the orders above all may have been paid or cancelled by chance.
    await commerce.order(customer, [[products[1], 1]])
    t.same(await violations(commerce.stores), [])
  },
)

t.test('a step of an order that is not there, or is somebody else’s, is refused', async (t) => {
  const stranger = await commerce.customer()
  const { orderId } = await commerce.order(customer, [[await commerce.product(), 1]])
  for (const step of STEPS) await t.rejects(take(step, 1n), refusal('unknown-order'), step)
  await steps(orderId, 'capture', 'ship', 'deliver')
  for (const step of ['cancel', 'return 1'] as const)
    await t.rejects(take(step, orderId, stranger), refusal('unknown-order'), step)
  await t.rejects(application.readOrder({ ...stranger, orderId }, newContext()), refusal('unknown-order'))
})

t.test(
  'a payment is booked once however often and by however many it is taken, and given back once',
  async (t) => {
    const { orderId, totalMinor } = await commerce.order(customer, [[await commerce.product(), 2]])
    const at = async (step: Step): Promise<number> => {
      const ends = await Promise.all(Array.from({ length: 8 }, () => take(step, orderId)))
      return ends.filter(({ changed }) => changed).length
    }
    t.equal(await at('capture'), 1)
    t.equal(await at('cancel'), 1)
    t.equal(await at('refund'), 1)
    t.same(
      await sql(
        `SELECT kind, amount_minor AS amount FROM payments WHERE order_id = ${orderId} ORDER BY kind`,
      ),
      [
        { kind: 'capture', amount: totalMinor },
        { kind: 'refund', amount: totalMinor },
      ],
    )
    t.same(
      await sql(`SELECT kind FROM outbox WHERE aggregate_id = ${orderId} ORDER BY id`),
      ['order.created', 'order.paid', 'order.cancelled', 'order.refunded'].map((kind) => ({ kind })),
    )
  },
)

t.test(
  'of a payment and a cancellation at once one comes first, and the order holds nothing twice',
  async (t) => {
    const product = await commerce.product({ stock: { 1: 500 } })
    const orders = await Promise.all(
      Array.from({ length: 20 }, () => commerce.order(customer, [[product, 1]])),
    )
    const ends = await Promise.allSettled(
      orders.flatMap(({ orderId }) => [take('capture', orderId), take('cancel', orderId)]),
    )
    for (const end of ends) if (end.status === 'rejected') t.match(end.reason, refusal('cancelled'))
    t.same(await commerce.stock(product), { 1: [500, 0, 0] }, 'all are cancelled, paid or not')
    t.same(await violations(commerce.stores, ['orders.states', 'stock.ledger']), [])
  },
)

t.test(
  'orders, payments, returns and deliveries of the same products at once neither deadlock nor lose a unit',
  async (t) => {
    const products = [
      await commerce.product({ stock: { 1: 300, 2: 300 } }),
      await commerce.product({ stock: { 4: 300 } }),
    ]
    const both = (index: number): readonly (readonly [bigint, number])[] =>
      (index % 2 === 0 ? products : products.toReversed()).map((product) => [product, 2] as const)
    await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const { orderId } = await commerce.order(customer, both(index))
        if (index % 4 === 0) return steps(orderId, 'cancel')
        await steps(orderId, 'capture')
        if (index % 4 === 1) return steps(orderId, 'cancel', 'refund')
        await steps(orderId, 'ship', 'deliver')
        if (index % 4 === 2) await steps(orderId, 'return 2', 'return 1', 'refund')
        await application.restock({ productId: products[0] ?? 0n, warehouseId: 1, quantity: 1 }, newContext())
      }),
    )
    t.same(await violations(commerce.stores), [])
  },
)

t.test(
  'new units arrive in the warehouse and in the ledger; what no warehouse can take is refused (ECM-43)',
  async (t) => {
    const productId = await commerce.product({ stock: { 2: 5 } })
    t.match(await application.restock({ productId, warehouseId: 2, quantity: 7 }, newContext()), {
      changed: true,
    })
    t.same(await commerce.stock(productId), { 2: [12, 0, 0] })
    await t.rejects(
      application.restock({ productId, warehouseId: 3, quantity: 7 }, newContext()),
      refusal('unknown-stock'),
    )
    for (const quantity of [0, -7, 101, 0.5])
      await t.rejects(
        application.restock({ productId, warehouseId: 2, quantity }, newContext()),
        refusal('invalid-quantity'),
      )
  },
)

t.test('a customer’s orders are paged, newest first, each once, and nobody else’s', async (t) => {
  const buyer = await commerce.customer()
  const product = await commerce.product()
  const placed: bigint[] = []
  for (let number = 0; number < 7; number += 1)
    placed.unshift((await commerce.order(buyer, [[product, 1]])).orderId)
  await commerce.order(customer, [[product, 1]])
  const seen: bigint[] = []
  let before: bigint | undefined
  do {
    const page = await application.listOrders({ ...buyer, before, limit: 3 }, newContext())
    seen.push(...page.orders.map(({ orderId }) => orderId))
    before = page.next
  } while (before !== undefined)
  t.same(seen, placed)
})

async function expire(orders: readonly bigint[]): Promise<void> {
  await sql(`UPDATE reservations SET expires_at = now() - interval '1 second' WHERE order_id = ANY ($1)`, [
    orders,
  ])
}

async function sweep(most = 100): Promise<number | undefined> {
  const [row] = await sql<{ swept: number }>('SELECT sweep_reservations($1) AS swept', [most])
  return row?.swept
}

t.test(
  'an order that nobody paid in time is cancelled, and its units can be ordered again (E-13)',
  async (t) => {
    const product = await commerce.product({ stock: { 1: 6 } })
    const [one, other, kept, paid] = [
      await commerce.order(customer, [[product, 2]]),
      await commerce.order(customer, [[product, 1]]),
      await commerce.order(customer, [[product, 1]]),
      await commerce.order(customer, [[product, 2]]),
    ]
    await take('capture', paid.orderId)
    await expire([one.orderId, other.orderId, paid.orderId])
    t.same(await violations(commerce.stores, ['reservations.expired']), [], 'a minute is left')
    t.equal(await sweep(1), 1, 'as many as it may')
    t.equal(await sweep(), 1)
    t.equal(await sweep(), 0)
    t.same(await commerce.stock(product), { 1: [3, 1, 2] })
    for (const { orderId } of [one, other]) {
      t.match(await application.readOrder({ ...customer, orderId }, newContext()), {
        status: 'cancelled',
        paymentStatus: 'pending',
      })
      await t.rejects(take('capture', orderId), refusal('cancelled'))
      t.equal(await commerce.count('outbox', `aggregate_id = ${orderId} AND kind = 'order.cancelled'`), 1)
    }
    t.match(await application.readOrder({ ...customer, orderId: kept.orderId }, newContext()), {
      status: 'pending',
    })
    t.equal(
      await commerce.count(
        'inventory_transactions',
        `created_by = 'sweeper' AND transaction_type = 'release'`,
      ),
      2,
    )
    t.same(await violations(commerce.stores), [])
  },
)

t.test(
  'while more has expired than one round sweeps, housekeeping makes no pause; then it makes one (E-13)',
  async (t) => {
    const product = await commerce.product({ stock: { 1: 300 } })
    const orders: bigint[] = []
    for (let number = 0; number < 201; number += 1)
      orders.push((await commerce.order(customer, [[product, 1]])).orderId)
    await expire(orders)
    const house = newHouse()
    const pauses = [await keepHouse(postgres, house), await keepHouse(postgres, house)]
    t.same(pauses, [0, 0])
    t.same(await commerce.stock(product), { 1: [299, 1, 0] })
    t.ok((await keepHouse(postgres, house)) > 0)
    t.same(await commerce.stock(product), { 1: [300, 0, 0] })
  },
)

t.test(
  'an order that somebody is just paying is left to him, and the sweep does not wait (E-13)',
  async (t) => {
    const product = await commerce.product()
    const { orderId } = await commerce.order(customer, [[product, 1]])
    await expire([orderId])
    await postgres.transaction(async (queries) => {
      const payment = ids.next(shardOfId(orderId))
      await queries.execute(`SELECT capture_payment(${orderId}, ${payment})`)
      t.equal(await sweep(), 0)
    })
    t.equal(await sweep(), 0)
    t.match(await application.readOrder({ ...customer, orderId }, newContext()), { status: 'confirmed' })
  },
)

t.test('a payment that comes while the order is being swept is refused, and no unit is sold', async (t) => {
  const product = await commerce.product()
  const { orderId } = await commerce.order(customer, [[product, 1]])
  await expire([orderId])
  let paying: Promise<unknown> = Promise.resolve()
  await postgres.transaction(async (queries) => {
    await queries.execute('SELECT sweep_reservations(10)')
    paying = t.rejects(take('capture', orderId), refusal('cancelled'))
    await eventually(
      async () =>
        (await commerce.count(
          'pg_stat_activity',
          `wait_event_type = 'Lock' AND query LIKE '%capture_payment%'`,
        )) === 1,
    )
  })
  await paying
  t.same(await commerce.stock(product), { 1: [100, 0, 0] })
  t.same(await violations(commerce.stores), [])
})
