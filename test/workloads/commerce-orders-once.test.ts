import t from 'tap'
import type { OrderLine } from '../../src/workloads/commerce/application.ts'
import { composeId, shardOfId } from '../../src/core/snowflake.ts'
import { keepHouse, newHouse } from '../../src/workloads/commerce/fixed/events/housekeeping.ts'
import { auditOf, violations } from '../helpers/commerce-audits.ts'
import { line, openCommerceCase, refusal } from '../helpers/commerce-fixed.ts'
import { eventually, newContext } from '../helpers/context.ts'
import { journalOf } from '../helpers/social-data.ts'

const commerce = await openCommerceCase()
const { application, postgres, sql } = commerce
const customer = await commerce.customer(1)

let keys = 0
function place(lines: readonly OrderLine[], changes: object = {}): ReturnType<typeof application.placeOrder> {
  keys += 1
  const request = { ...customer, key: `own-${keys}`, currency: 'USD', lines, ...changes }
  return application.placeOrder(request, newContext())
}

t.test(
  'the same key with the same request has the same answer, however its lines stand (E-21)',
  async (t) => {
    const [one, other] = [await commerce.product(), await commerce.product()]
    const first = await place([line(one, 2), line(other)], { key: 'again' })
    const again = await place([line(other), line(one), line(one)], { key: 'again' })
    t.same(again, { ...first, replayed: true })
    t.same(await commerce.stock(one), { 1: [98, 2, 0] })
    for (const changes of [{ lines: [line(one)] }, { currency: 'JPY' }, { addressId: 5n }])
      await t.rejects(place([line(one, 2), line(other)], { key: 'again', ...changes }), refusal('key-reused'))
    const stranger = await commerce.customer()
    const theirs = await place([line(one, 2), line(other)], { ...stranger, key: 'again' })
    t.not(theirs.orderId, first.orderId, 'a key is its customer’s own')
  },
)

t.test(
  'the same key twelve times at once gives one order; who comes too early is told so (E-21)',
  async (t) => {
    const product = await commerce.product()
    for (const { application } of [
      await commerce.open(),
      await commerce.open({ checkout: 'serializable' }),
    ]) {
      keys += 1
      const request = { ...customer, key: `at-once-${keys}`, currency: 'USD', lines: [line(product)] }
      const ends = await Promise.allSettled(
        Array.from({ length: 12 }, () => application.placeOrder(request, newContext())),
      )
      const orders = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
      t.equal(new Set(orders.map(({ orderId }) => orderId)).size, 1)
      t.equal(orders.filter(({ replayed }) => !replayed).length, 1)
      for (const end of ends) if (end.status === 'rejected') t.match(end.reason, refusal('in-progress'))
      t.equal(await commerce.count('idempotency_keys', `key = 'at-once-${keys}'`), 1)
    }
  },
)

t.test(
  'while a key is in the making nobody else gets through with it, and a rollback frees it',
  async (t) => {
    const product = await commerce.product()
    await postgres
      .transaction(async (queries) => {
        await queries.execute(
          `SELECT pg_advisory_xact_lock(hashtextextended('held', ${customer.customerId}))`,
        )
        await t.rejects(place([line(product)], { key: 'held' }), refusal('in-progress'))
        throw new Error('rolled back')
      })
      .catch(() => undefined)
    t.equal((await place([line(product)], { key: 'held' })).replayed, false)
  },
)

t.test(
  'what cannot be ordered is refused, each for its own reason, and changes nothing (E-27 to E-31)',
  async (t) => {
    const good = await commerce.product()
    const yen = await commerce.product({ currency: 'JPY' })
    const inactive = await commerce.product({ status: 'inactive' })
    const deleted = await commerce.product({ status: 'deleted' })
    const stranger = await commerce.customer()
    const orders = await commerce.count('orders')
    const wrong: readonly (readonly [string, readonly OrderLine[], object?])[] = [
      ['no-lines', []],
      ['too-many-lines', Array.from({ length: 51 }, () => line(good))],
      ...[0, -1, -3, 101, 2 ** 31, 2 ** 53, 1.5, Number.NaN].map(
        (quantity) => ['invalid-quantity', [line(good, quantity)]] as const,
      ),
      ['invalid-quantity', [line(good, 60), line(good, 41)]],
      ['unknown-product', [line(good), line(12_345n)]],
      ['unknown-product', [line(-5n)]],
      ['unknown-product', [line(deleted)]],
      ['inactive-product', [line(good), line(inactive)]],
      ['unknown-address', [line(good)], { addressId: 999n }],
      ['unknown-address', [line(good)], { addressId: stranger.addressId }],
      ['unknown-address', [line(good)], { customerId: 4n }],
      ['wrong-currency', [line(good)], { currency: 'XYZ' }],
      ['wrong-currency', [line(good)], { currency: 'JPY' }],
      ['wrong-currency', [line(good)], { currency: 'dollars' }],
      ['mixed-currencies', [line(good), line(yen)]],
      ['price-changed', [line(good, 1, 999n)]],
      ['price-changed', [line(good), line(good, 1, 999n)]],
      ['invalid-key', [line(good)], { key: 'has space' }],
      ['out-of-stock', [line(await commerce.product({ stock: { 1: 1 } }), 2)]],
      ['out-of-stock', [line(await commerce.product({ stock: {} }))]],
    ]
    for (const [reason, lines, changes = {}] of wrong)
      await t.rejects(place(lines, changes), refusal(reason), reason)
    t.equal(await commerce.count('orders'), orders)
    t.same(await commerce.stock(good), { 1: [100, 0, 0] })
  },
)

t.test('hundreds of refusals leave no connection behind and no transaction open (ECM-77)', async (t) => {
  const { application } = await commerce.open({ checkout: 'serializable' })
  const request = { ...customer, key: 'k', currency: 'USD', lines: [line(12_345n)] }
  const ends = await Promise.allSettled(
    Array.from({ length: 300 }, () => application.placeOrder(request, newContext())),
  )
  t.ok(ends.every((end) => end.status === 'rejected'))
  const idle = await sql(
    `SELECT FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = current_database()`,
  )
  t.same(idle, [])
})

t.test(
  'checkout=serializable tries again when the database found a conflict, until the deadline (E-07)',
  async (t) => {
    const { application } = await commerce.open({ checkout: 'serializable' })
    const product = await commerce.product()
    const order = (key: string, deadlineAt: number): Promise<unknown> =>
      application.placeOrder(
        { ...customer, key, currency: 'USD', lines: [line(product)] },
        { ...newContext(), deadlineAt },
      )
    const blocked = async (): Promise<boolean> =>
      (
        await sql(`SELECT FROM pg_locks w WHERE NOT w.granted AND EXISTS (
      SELECT FROM pg_locks s WHERE s.pid = w.pid AND s.mode = 'SIReadLock')`)
      ).length > 0
    const behind = async (key: string, deadlineAt: number): Promise<unknown> => {
      const started = Promise.withResolvers<unknown>()
      await postgres.transaction(async (queries) => {
        await queries.execute(`UPDATE inventory SET last_updated = now() WHERE product_id = ${product}`)
        order(key, deadlineAt).then(started.resolve, started.reject)
        await eventually(blocked)
      })
      return started.promise
    }
    t.match(await behind('retried', Number.POSITIVE_INFINITY), { replayed: false })
    await t.rejects(behind('late', 0), { name: 'OperationFailure', kind: 'conflict' })
    t.same(await commerce.stock(product), { 1: [99, 1, 0] })
  },
)

t.test(
  'a key is forgotten after a day, and no sooner: the same request is a new order then, and no audit minds (E-21)',
  async (t) => {
    const product = await commerce.product()
    const shard = shardOfId(customer.customerId)
    let sequence = 0
    const idBefore = (hours: number): bigint =>
      composeId({ timeMs: Date.now() - hours * 3_600_000, shard, worker: 40, sequence: (sequence += 1) })
    const placed = async (key: string, hours: number): Promise<bigint> => {
      const orderId = idBefore(hours)
      await sql(`SELECT place_order(${customer.customerId}, ${orderId}, '${key}', ${customer.addressId}, 'USD',
        '${key}', 'hash', ARRAY[${product}], ARRAY[1], ARRAY[1000], 900)`)
      await sql(
        `UPDATE idempotency_keys SET created_at = now() - make_interval(hours => ${hours}) WHERE order_id = ${orderId}`,
      )
      return orderId
    }
    const old = await placed('a-day-ago', 25)
    const unnamed = await placed('unanswered', 25)
    const young = await placed('today', 23)
    await keepHouse(postgres, newHouse())
    const keysOf = (order: bigint): Promise<number> =>
      commerce.count('idempotency_keys', `order_id = ${order}`)
    t.same([await keysOf(old), await keysOf(unnamed), await keysOf(young)], [0, 0, 1])
    const { orderId: again, replayed } = await place([line(product)], { key: 'a-day-ago' })
    t.same([again === old, replayed], [false, false])
    await t.rejects(
      place([line(product)], { key: 'today' }),
      refusal('key-reused'),
      'its request was another',
    )
    const asked = (key: string, order?: bigint): Parameters<typeof journalOf>[0][number] => ({
      operation: 'order.place',
      keys: { customer: String(customer.customerId), key, lines: `${product}x1` },
      outcome: order === undefined ? 'unknown' : 'ok',
      ...(order === undefined ? {} : { result: { order: String(order), total: '1', replayed: false } }),
    })
    const outcome = await auditOf(
      'journal.acknowledged',
      commerce.stores,
      journalOf([asked('a-day-ago', old), asked('a-day-ago', again), asked('unanswered')]),
    )
    // It names the orders of other tests, which this journal does not know.
    const said = outcome.examples.join('\n')
    for (const order of [old, unnamed, again]) t.notMatch(said, String(order))
    t.notMatch(said, /one key/)
    t.same(await violations(commerce.stores, ['orders.keys']), [])
  },
)

t.test('after all of that every audit of the tables holds', async (t) => {
  t.same(await violations(commerce.stores), [])
})
