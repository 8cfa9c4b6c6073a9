// A small run of the fixed commerce case on its seed, with a journal, for audits to hold on and tests to damage: orders of
// the same two products, repeated, refused and unanswered ones, and whatever may become of an order. Nothing is indexed.
import type { JournalEntry, JournalReader } from '../../src/core/journal.ts'
import type { JournalKeys } from '../../src/core/operation.ts'
import type { Stores } from '../../src/core/store.ts'
import type { Population } from '../../src/core/population.ts'
import type { CommerceApplication, PlacedOrder } from '../../src/workloads/commerce/application.ts'
import type { CommercePopulation } from '../../src/workloads/commerce/population.ts'
import { buildPopulation } from '../../src/workloads/commerce/population/build.ts'
import type { CommerceStores } from '../../src/workloads/commerce/stores.ts'
import { ROLES, rolesHere } from './commerce-roles.ts'
import { openCommerceCase } from './commerce-fixed.ts'
import { newContext } from './context.ts'

const population: Population = { seed: 1, size: 100 }

/** What was done, and where. */
export interface CommerceRun {
  readonly stores: Stores
  readonly own: CommerceStores
  readonly catalogue: CommercePopulation
  readonly application: CommerceApplication
  readonly entries: readonly JournalEntry[]
  readonly journal: JournalReader
  /** The orders by what became of them. */
  readonly orders: Readonly<
    Record<'one' | 'other' | 'pending' | 'paid' | 'cancelled' | 'refunded' | 'shipped' | 'returned', bigint>
  >
}

/** A journal that holds some entries. */
export function journalWith(entries: readonly JournalEntry[]): JournalReader {
  return {
    async *entries(operation) {
      yield* entries.filter((entry) => operation === undefined || entry.operation === operation)
    },
  }
}

function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}

/** A witness of what this process asks. */
function witness(entries: JournalEntry[]) {
  return async <Answer>(
    operation: string,
    keys: JournalKeys,
    run: () => Promise<Answer>,
    result: (answer: Answer) => JournalKeys,
    isAnswered = true,
  ): Promise<Answer | undefined> => {
    const started = { number: entries.length, phase: 'measure', stream: 'mix', operation, keys } as const
    const startedMicros = nowMicros()
    const finish = (outcome: JournalEntry['outcome'], said: JournalKeys): void => {
      const finishedMicros = outcome === 'unknown' ? undefined : nowMicros()
      entries.push({ ...started, startedMicros, finishedMicros, outcome, result: said })
    }
    try {
      const answer = await run()
      finish(isAnswered ? 'ok' : 'unknown', isAnswered ? result(answer) : {})
      return answer
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'Refusal') throw error
      finish('refused', {})
      return undefined
    }
  }
}

/** Starts PostgreSQL, Redis and Kafka, does a little of everything, and lets relay and consumers finish. */
export async function smallRun(): Promise<CommerceRun> {
  const { stores, own, application } = await openCommerceCase(['kafka'], population)
  const catalogue = buildPopulation(population)
  const entries: JournalEntry[] = []
  const see = witness(entries)
  const context = newContext()
  const roles = await rolesHere(
    stores,
    ROLES.filter((role) => role !== 'indexer'),
  )

  async function place(
    key: string,
    products: readonly (readonly [index: number, quantity: number])[],
    isAnswered = true,
  ): Promise<PlacedOrder | undefined> {
    const customerId = catalogue.customerId(3)
    const lines = products.map(([index, quantity]) => ({
      productId: catalogue.productId(index),
      quantity,
      seenPriceMinor: catalogue.priceOf(index),
    }))
    const keys = {
      customer: String(customerId),
      key,
      lines: lines.map(({ productId, quantity }) => `${productId}x${quantity}`).join(' '),
    }
    const addressId = catalogue.addressId(3)
    return see(
      'order.place',
      keys,
      () => application.placeOrder({ customerId, key, addressId, currency: 'USD', lines }, context),
      ({ orderId, totalMinor, replayed }) => ({
        order: String(orderId),
        total: String(totalMinor),
        replayed,
      }),
      isAnswered,
    )
  }
  async function order(key: string): Promise<bigint> {
    return (
      (
        await place(key, [
          [3, 2],
          [4, 1],
        ])
      )?.orderId ?? 0n
    )
  }
  async function step(operation: string, orderId: bigint, line = 1): Promise<void> {
    const customerId = await ownerOf(orderId)
    const run = {
      'payment.capture': () => application.capturePayment({ orderId }, context),
      'order.cancel': () => application.cancelOrder({ customerId, orderId }, context),
      'order.refund': () => application.refundOrder({ orderId }, context),
      'order.ship': () => application.shipOrder({ orderId, trackingNumber: 'T1' }, context),
      'order.deliver': () => application.deliverOrder({ orderId }, context),
      'item.return': () => application.returnItem({ customerId, orderId, lineNumber: line }, context),
    }[operation]
    if (run === undefined) throw new Error(`no step ${operation}`)
    await see(operation, { order: String(orderId), line }, run, ({ changed }) => ({ changed }))
  }
  async function ownerOf(orderId: bigint): Promise<bigint> {
    const [row] = await own.postgres.query<{ customer_id: bigint }>(
      { name: 'test_owner', text: 'SELECT customer_id FROM orders WHERE order_id = $1' },
      [orderId],
    )
    return row?.customer_id ?? 0n
  }

  const orders = {
    one: await order('one'),
    other: await order('other'),
    pending: await order('pending'),
    paid: await order('paid'),
    cancelled: await order('cancelled'),
    refunded: await order('refunded'),
    shipped: await order('shipped'),
    returned: await order('returned'),
  }
  await order('one')
  for (const name of ['paid', 'refunded', 'shipped', 'returned'] as const)
    await step('payment.capture', orders[name])
  await step('order.cancel', orders.cancelled)
  await step('order.cancel', orders.refunded)
  await step('order.refund', orders.refunded)
  for (const name of ['shipped', 'returned'] as const) await step('order.ship', orders[name])
  await step('order.deliver', orders.returned)
  await step('item.return', orders.returned, 2)
  await step('order.cancel', orders.shipped)
  // An answer that never came: one order was placed and one was not.
  await place('unknown', [[5, 1]], false)
  await see(
    'order.place',
    { customer: '1', key: 'lost', lines: '1x1' },
    () => Promise.resolve(),
    () => ({}),
    false,
  )
  for (let number = 0; number < 11; number += 1) await place(`scarce-${number}`, [[catalogue.scarce, 100]])
  const stock = catalogue.stock(6)[1]
  const delivery = {
    product: String(catalogue.productId(6)),
    warehouse: stock?.warehouseId ?? 0,
    quantity: 9,
  }
  await see(
    'stock.add',
    delivery,
    () =>
      application.restock(
        { productId: catalogue.productId(6), warehouseId: delivery.warehouse, quantity: 9 },
        context,
      ),
    ({ changed }) => ({ changed }),
  )
  for (const [index, status] of [
    [7, null],
    [8, 'inactive'],
  ] as const) {
    const productId = catalogue.productId(index)
    await see(
      'product.update',
      { product: String(productId), ...(status === null ? { title: 'Renamed' } : { status }) },
      () =>
        application.updateProduct(
          { productId, title: status === null ? 'Renamed' : null, priceMinor: null, status },
          context,
        ),
      ({ version }) => ({ version: String(version) }),
    )
  }
  await roles.settled()
  await roles.close()
  return { stores, own, catalogue, application, entries, journal: journalWith(entries), orders }
}
