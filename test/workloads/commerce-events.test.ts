import t from 'tap'
import type { KafkaMessage, ReceivedMessage } from '../../src/stores/kafka/client.ts'
import { TOPIC } from '../../src/workloads/commerce/fixed/events/topics.ts'
import { violations } from '../helpers/commerce-audits.ts'
import { openCommerceCase } from '../helpers/commerce-fixed.ts'
import { rolesHere } from '../helpers/commerce-roles.ts'
import { eventually, newContext } from '../helpers/context.ts'
import { whole } from '../helpers/kafka.ts'

const commerce = await openCommerceCase(['kafka'])
const { application, postgres, sql, stores } = commerce
const { kafka } = commerce.own
const customer = await commerce.customer()
const CONSUMERS = ['confirmations', 'notices', 'sellers'] as const
const consumers = await rolesHere(stores, CONSUMERS)
const relay = await rolesHere(stores, ['relay'])
t.teardown(() => Promise.all([relay.close(), consumers.close()]))

async function settled(): Promise<void> {
  await relay.settled()
  await consumers.settled()
}

async function ordered(): Promise<bigint> {
  return (await commerce.order(customer, [[await commerce.product(), 1]])).orderId
}

/** What consumers have made of an order: its confirmations, the units that warehouses were told of, and its ends. */
async function effects(order: bigint): Promise<object> {
  const [row] = await sql<{ letters: number; notices: object }>(
    `SELECT (SELECT count(*)::integer FROM order_confirmations WHERE order_id = $1) AS letters,
      (SELECT coalesce(jsonb_object_agg(warehouse_id, units), '{}') FROM warehouse_notices WHERE order_id = $1) AS notices`,
    [order],
  )
  const ends = consumers.ends.filter(({ key }) => key === String(order)).map(({ part }) => part)
  return { ...row, ends: ends.sort((one, other) => one - other) }
}

function copyOf({ key, value, headers }: ReceivedMessage): KafkaMessage {
  return { key, value, headers }
}

t.test(
  'each order is confirmed once, and each of its warehouses is told once what to send (ECM-74)',
  async (t) => {
    const split = await commerce.product({ stock: { 2: 3, 3: 3 } })
    const plain = await commerce.product({ stock: { 2: 50 }, currency: 'USD' })
    const orders = [
      await commerce.order(customer, [
        [split, 5],
        [plain, 2],
      ]),
      ...(await Promise.all(Array.from({ length: 12 }, () => commerce.order(customer, [[plain, 1]])))),
    ]
    await settled()
    t.same(await effects(orders[0]?.orderId ?? 0n), { letters: 1, notices: { 2: 5, 3: 2 }, ends: [0, 1] })
    for (const { orderId } of orders.slice(1))
      t.same(await effects(orderId), { letters: 1, notices: { 2: 1 }, ends: [0, 1] })
  },
)

t.test('an order of more than 2^53 minor units has its effects like any other, exactly (E-48)', async (t) => {
  const price = 2n ** 53n + 1n
  const dear = await commerce.product({ price })
  const other = await commerce.product({ price: price + 1n })
  const { orderId, totalMinor } = await commerce.order(customer, [
    [dear, 1],
    [other, 1],
  ])
  await settled()
  t.match(await effects(orderId), { letters: 1, notices: { 1: 2 }, ends: [0, 1] })
  t.same(await sql('SELECT units, subtotal_minor FROM seller_orders WHERE order_id = $1', [orderId]), [
    { units: 2, subtotal_minor: 2n * price + 1n },
  ])
  const event = (await whole(kafka, TOPIC.orders)).find(({ key }) => key === String(orderId))
  t.match(JSON.parse(event?.value.toString() ?? ''), {
    total: String(totalMinor),
    lines: [
      [String(dear), String, 1, String(price)],
      [String(other), String, 1, String(price + 1n)],
    ],
  })
  t.same(await whole(kafka, TOPIC.deadLetters), [])
})

t.test('sellers see their orders as they are, whatever becomes of them (E-45)', async (t) => {
  const context = newContext()
  const orders: bigint[] = []
  for (let number = 0; number < 6; number += 1) orders.push(await ordered())
  const [, paid = 0n, sent = 0n, there = 0n, gone = 0n, back = 0n] = orders
  for (const orderId of [paid, sent, there, back]) await application.capturePayment({ orderId }, context)
  for (const orderId of [sent, there]) await application.shipOrder({ orderId, trackingNumber: 'T' }, context)
  await application.deliverOrder({ orderId: there }, context)
  for (const orderId of [gone, back]) await application.cancelOrder({ ...customer, orderId }, context)
  await settled()
  const [seller] = await sql<{ seller_id: bigint }>('SELECT seller_id FROM order_items LIMIT 1')
  const seen = await application.listSellerOrders(
    { sellerId: seller?.seller_id ?? 0n, before: undefined, limit: 6 },
    context,
  )
  t.same(
    seen.orders.map(({ orderId, status, units }) => [orderId, status, units]),
    ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled', 'cancelled']
      .map((status, index) => [orders[index], status, 1])
      .reverse(),
  )
  t.not(seen.next, undefined, 'older ones are on the next page')
  t.same(
    await violations(stores, ['effects.once', 'sellers.orders', 'events.created', 'events.readable']),
    [],
  )
})

t.test('whatever is delivered again changes nothing, and a status never goes back', async (t) => {
  await settled()
  const tables = (): Promise<object[]> =>
    sql(`SELECT 'letter' AS what, order_id, 0 AS warehouse_id, sent_at::text AS how FROM order_confirmations
      UNION ALL SELECT 'notice', order_id, warehouse_id, sent_at || ' ' || units FROM warehouse_notices
      UNION ALL SELECT 'seller', order_id, 0, seller_id || ' ' || units || ' ' || status FROM seller_orders ORDER BY 1, 2, 3`)
  const before = await tables()
  const ends = consumers.ends.length
  const all = await whole(kafka, TOPIC.orders)
  t.ok(all.length > 20)
  await kafka.produce(TOPIC.orders, all.map(copyOf))
  await kafka.produce(TOPIC.orders, all.toReversed().map(copyOf))
  await settled()
  t.same(await tables(), before)
  t.equal(consumers.ends.length, ends)
})

t.test('the events of an order come in the order in which they happened, all of one partition', async (t) => {
  const orderId = await ordered()
  const context = newContext()
  await application.capturePayment({ orderId }, context)
  await application.shipOrder({ orderId, trackingNumber: 'T' }, context)
  await application.deliverOrder({ orderId }, context)
  await application.returnItem({ ...customer, orderId, lineNumber: 1 }, context)
  await application.refundOrder({ orderId }, context)
  await settled()
  const mine = (await whole(kafka, TOPIC.orders)).filter(({ key }) => key === String(orderId))
  t.same(
    mine.map(({ headers }) => headers['kind']),
    ['order.created', 'order.paid', 'order.shipped', 'order.delivered', 'item.returned', 'order.refunded'],
  )
  t.equal(new Set(mine.map(({ partition }) => partition)).size, 1)
})

t.test('an event of a transaction that commits late is not passed over (E-22)', async (t) => {
  const product = await commerce.product()
  let late = 0n
  let early = 0n
  await postgres.transaction(async (queries) => {
    late = customer.customerId + (1n << 22n)
    await queries.execute(`SELECT place_order(${customer.customerId}, ${late}, 'late', ${customer.addressId}, 'USD',
      'late', 'hash', ARRAY[${product}], ARRAY[1], ARRAY[1000], 900)`)
    early = await ordered()
    const [ids] = await sql<{ isBehind: boolean }>(
      `SELECT (SELECT max(xid) FROM outbox WHERE aggregate_id = ${early}) > $1::xid8 AS "isBehind"`,
      [
        String(
          (
            await queries.query<{ xid: string }>({
              name: 'test_xid',
              text: 'SELECT pg_current_xact_id()::text AS xid',
            })
          )[0]?.xid,
        ),
      ],
    )
    t.ok(ids?.isBehind, 'the one that commits first began second')
  })
  await settled()
  t.match([await effects(early), await effects(late)], [{ letters: 1 }, { letters: 1 }])
})

t.test('two relays and two of each consumer do no more than one of them (ECM-74)', async (t) => {
  const second = await rolesHere(stores, ['relay', ...CONSUMERS])
  const orders = await Promise.all(Array.from({ length: 40 }, ordered))
  await settled()
  await second.settled()
  await second.close()
  for (const order of orders) {
    const ends = [...consumers.ends, ...second.ends].filter(({ key }) => key === String(order))
    if (
      ends
        .map(({ part }) => part)
        .sort((one, other) => one - other)
        .join() !== '0,1'
    )
      t.fail(`${order} ended ${ends.length} times`)
  }
  await settled()
  t.same(
    await violations(stores, ['effects.once', 'sellers.orders', 'events.created', 'events.readable']),
    [],
  )
})

t.test(
  'the relay frees what expired, sellers hear of it, and what was sent leaves the outbox (E-13)',
  async (t) => {
    const product = await commerce.product({ stock: { 1: 5 } })
    const { orderId } = await commerce.order(customer, [[product, 5]])
    await sql(`UPDATE reservations SET expires_at = now() - interval '1 second' WHERE order_id = $1`, [
      orderId,
    ])
    await eventually(async () => (await commerce.stock(product))[1]?.[0] === 5)
    await settled()
    t.match(await sql('SELECT status FROM seller_orders WHERE order_id = $1', [orderId]), [
      { status: 'cancelled' },
    ])
    await eventually(async () => (await commerce.count('outbox')) === 0)
  },
)

t.test(
  'a relay is drained when all is in Kafka, a consumer when it has read that, and lag counts the rest',
  async (t) => {
    await settled()
    await relay.close()
    const order = await ordered()
    const asked = async (): Promise<bigint> => kafka.lag('confirmations', [TOPIC.orders])
    t.equal(await asked(), 0n)
    t.same(await consumers.lag(), { confirmations: 0, notices: 0, sellers: 0 }, 'as its role reports')
    t.match(await effects(order), { letters: 0 })
    await consumers.close()
    const again = await rolesHere(stores, ['relay'])
    await again.settled()
    t.equal(await asked(), 1n)
    t.match(await effects(order), { letters: 0 })
    const late = await rolesHere(stores, CONSUMERS)
    await late.settled()
    t.equal(await asked(), 0n)
    t.match(await effects(order), { letters: 1 })
    await again.close()
    await late.close()
  },
)

t.test(
  'what is no event goes to the dead letters with its reason, and what follows is handled',
  async (t) => {
    const roles = await rolesHere(stores, ['relay', ...CONSUMERS])
    t.teardown(() => roles.close())
    const good = (await whole(kafka, TOPIC.orders)).find(({ headers }) => headers['kind'] === 'order.created')
    if (good === undefined) throw new Error('there is no order')
    const payload = JSON.parse(good.value.toString()) as Readonly<Record<string, unknown>>
    const line = ['1', '2', 1, '5']
    const most = ['1', '2', 1, String(2n ** 63n - 1n)]
    const broken: readonly (readonly [kind: string, value: string])[] = [
      ['order.created', 'no JSON'],
      ['order.created', ''],
      ['order.created', 'null'],
      ['order.created', JSON.stringify({ ...payload, lines: [] })],
      ['order.created', JSON.stringify({ ...payload, order: 5 })],
      ['order.created', JSON.stringify({ ...payload, order: '9999999999999999999' })],
      ['order.created', JSON.stringify({ ...payload, order: '-1' })],
      ['order.created', JSON.stringify({ ...payload, order: '8', warehouses: { 1: 2 ** 40 } })],
      ['order.created', JSON.stringify({ ...payload, order: '8', lines: [['1', '2', 2 ** 40, '5']] })],
      [
        'order.created',
        JSON.stringify({ ...payload, order: '8', lines: [['1', '9999999999999999999', 1, '5']] }),
      ],
      ['order.created', JSON.stringify({ ...payload, order: '8', lines: [line], currency: 'a\0b' })],
      ['order.created', JSON.stringify({ ...payload, order: '8', total: 5 })],
      ['order.created', JSON.stringify({ ...payload, order: '8', lines: [['1', '2', 1, 5]] })],
      ['order.created', JSON.stringify({ ...payload, order: '8', lines: [['1', '2', 1, '-5']] })],
      [
        'order.created',
        JSON.stringify({ ...payload, order: '8', lines: [['1', '2', 1, String(2n ** 63n)]] }),
      ],
      ['order.created', JSON.stringify({ ...payload, order: '8', lines: [most, line] })],
      ['order.paid', '{}'],
      ['order.lost', JSON.stringify({ order: '1' })],
      ['', JSON.stringify({ order: '1' })],
    ]
    const orderId = await ordered()
    // All of one partition, so that what follows is behind them.
    await kafka.produce(
      TOPIC.orders,
      broken.map(([kind, value]) => ({ key: String(orderId), value, headers: { kind, id: '1-1' } })),
    )
    await application.capturePayment({ orderId }, newContext())
    await roles.settled()
    t.match(await effects(orderId), { letters: 1 })
    t.match(await sql('SELECT status FROM seller_orders WHERE order_id = $1', [orderId]), [
      { status: 'confirmed' },
    ])
    const letters = await whole(kafka, TOPIC.deadLetters)
    const reasons = new Map(letters.map(({ key, headers }) => [key, headers['reason'] ?? '']))
    t.equal(reasons.size, broken.length)
    t.equal(letters.length, 3 * broken.length, 'each of three consumers says it')
    t.ok([...reasons.values()].every((reason) => reason.length > 10 && reason.length <= 500))
    t.match([...reasons.values()].join('\n'), /the kind of the event is 'order.lost'/)
    t.equal(await commerce.count('order_confirmations', 'order_id < 10'), 0)
  },
)
