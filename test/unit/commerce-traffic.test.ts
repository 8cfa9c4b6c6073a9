import t from 'tap'
import type { OrderPlace } from '../../src/workloads/commerce/traffic/order-place.ts'
import {
  customerOf,
  orderAt,
  orderKey,
  orderPlace,
} from '../../src/workloads/commerce/traffic/order-place.ts'
import type { OrderStep } from '../../src/workloads/commerce/traffic/order-steps.ts'
import { commerceOperations } from '../../src/workloads/commerce/traffic.ts'
import type { PlacedOrder } from '../../src/workloads/commerce/application.ts'
import type { CommerceWorld } from '../../src/workloads/commerce/world.ts'
import { arrivalOf, memory, minuteOf, named, worldWith } from '../helpers/commerce-traffic.ts'

const world = worldWith(memory())
const id = (index: number, stream: 'mix' | 'surge' = 'mix') => ({ phase: 'measure', stream, index }) as const

t.test('the same arrival asks the same, whichever worker takes it and whatever it took before', (t) => {
  const results = memory()
  for (let index = 0; index < 3_400; index += 1) results.set(orderKey(id(index)), BigInt(index + 10))
  const one = worldWith(results)
  const others = [worldWith(results), worldWith(results), worldWith(results)]
  for (const operation of commerceOperations) {
    const count = operation.name === 'order.place' ? 600 : 60
    const all = Array.from({ length: count }, (_, index) => arrivalOf(operation, index))
    const asked = all.map((arrival) => operation.input(arrival, one))
    for (const arrival of all.toReversed()) {
      const again = operation.input(arrival, others[arrival.index % others.length])
      t.strictSame(again, asked[arrival.index], `${operation.name} ${arrival.index}`)
    }
  }
  t.end()
})

t.test('inputs of other arrivals, phases and streams differ', (t) => {
  const keys = new Set<string>()
  for (let index = 0; index < 500; index += 1) {
    for (const phase of ['warmup', 'measure'] as const) {
      for (const stream of ['mix', 'surge'] as const) {
        const order = orderAt(world, { phase, stream, index })
        if (order.repeats === undefined) keys.add(order.key)
      }
    }
  }
  t.ok(keys.size > 1_985, `${keys.size} keys`)
  t.end()
})

t.test(
  'a repeated order asks what the one that it repeats asked, under its key; one in a hundred is',
  (t) => {
    const byKey = new Map<number, OrderPlace>()
    let repeated = 0
    for (let index = 0; index < 20_000; index += 1) {
      const order = orderAt(world, id(index))
      byKey.set(order.result, order)
      if (order.repeats === undefined) continue
      repeated += 1
      const first = byKey.get(order.repeats)
      const { result: _result, repeats: _repeats, ...asked } = order
      const { result: _firstResult, repeats, ...firstAsked } = first ?? order
      if (!t.strictSame(asked, firstAsked) || repeats !== undefined) t.fail(`${index} repeats no first order`)
    }
    t.ok(repeated > 150 && repeated < 250, `${repeated} of 20,000`)
    t.end()
  },
)

t.test('the surge of a sell-out asks for three units of the scarce product, and the mix never does', (t) => {
  const { population } = world
  const scarce = population.productId(population.scarce)
  for (let index = 0; index < 2_000; index += 1) {
    const lines = orderAt(world, id(index)).lines
    if (lines.some(({ productId }) => productId === scarce)) t.fail(`order ${index} asks for it`)
    if (new Set(lines.map(({ productId }) => productId)).size !== lines.length) t.fail('a product twice')
  }
  t.match(orderAt(world, id(5, 'surge')), { isScarce: true, lines: [{ productId: scarce, quantity: 3 }] })
  t.equal(orderAt(world, id(5, 'surge')).lines.length, 1)
  t.end()
})

function checkOf(name: string): NonNullable<typeof orderPlace.checks>[number] {
  const check = orderPlace.checks?.find((one) => one.name === name)
  if (check === undefined) throw new Error(`no check ${name}`)
  return check
}

function placedFor(world: CommerceWorld, order: OrderPlace): PlacedOrder {
  const region = world.population.regions[order.regionOfAddress]
  if (region === undefined) throw new Error('no region')
  const subtotal = order.lines.reduce((sum, line) => sum + line.seenPriceMinor * BigInt(line.quantity), 0n)
  const units = order.lines.reduce((sum, line) => sum + line.quantity, 0)
  // Half a unit goes up.
  const tax = BigInt(Math.round((Number(subtotal) * region.taxBasisPoints) / 10_000))
  const totalMinor = subtotal + tax + BigInt(region.shippingMinor + units * region.shippingUnitMinor)
  return { orderId: 9n, orderNumber: '', totalMinor, currency: 'USD', replayed: false }
}

t.test('the check of totals holds on the exact one and finds one that is a unit off', (t) => {
  const check = checkOf('order.total-exact')
  for (let index = 0; index < 300; index += 1) {
    const order = orderAt(world, id(index))
    const placed = placedFor(world, order)
    t.equal(check.check(order, placed, world), true)
    for (const off of [-1n, 1n])
      t.match(check.check(order, { ...placed, totalMinor: placed.totalMinor + off }, world), {
        message: /its lines come to \d+/,
      })
  }
  t.end()
})

t.test(
  'the check of repeats finds a second order, and has nothing to say while the first is unknown',
  (t) => {
    const results = memory()
    const chained = worldWith(results)
    const check = checkOf('order.repeated-once')
    const repeated = Array.from({ length: 2_000 }, (_, index) => orderAt(chained, id(index))).find(
      ({ repeats }) => repeats !== undefined,
    )
    if (repeated === undefined) throw new Error('nothing is repeated')
    const placed = placedFor(chained, repeated)
    t.equal(check.check(repeated, placed, chained), undefined)
    results.set(repeated.repeats ?? 0, 9n)
    t.equal(check.check(repeated, placed, chained), true)
    t.match(check.check(repeated, { ...placed, orderId: 10n }, chained), { message: /became 10 beside 9/ })
    t.end()
  },
)

const STEPS = [
  'payment.capture',
  'order.cancel',
  'order.refund',
  'order.ship',
  'order.deliver',
  'item.return',
]

t.test('steps name orders of their own customers, in an order in which they can succeed', (t) => {
  const results = memory()
  const standIns: Record<string, number> = {}
  const chained = worldWith(results, standIns)
  const customers = new Map<bigint, bigint>()
  const done = new Map<string, Set<bigint>>(STEPS.map((name) => [name, new Set()]))
  let nextOrder = 100n
  for (const { operation, arrival } of minuteOf(['order.place', ...STEPS])) {
    const input = operation.input(arrival, chained)
    if (operation.name === 'order.place') {
      const order = input as OrderPlace
      nextOrder += order.repeats === undefined ? 1n : 0n
      const orderId = order.repeats === undefined ? nextOrder : (results.get(order.repeats) ?? nextOrder)
      results.set(order.result, orderId)
      customers.set(orderId, order.customerId)
      continue
    }
    const step = input as OrderStep
    if (step.orderId === 1n) continue
    if (customers.get(step.orderId) !== step.customerId) t.fail(`${operation.name} of a stranger's order`)
    done.get(operation.name)?.add(step.orderId)
    const kept = operation.result?.(step, { changed: true })
    if (kept !== undefined) results.set(kept.key, kept.id)
  }
  const of = (name: string): Set<bigint> => done.get(name) ?? new Set()
  const [paid, gone, shipped] = [of('payment.capture'), of('order.cancel'), of('order.ship')]
  t.ok(paid.size > 150 && gone.size > 60 && shipped.size > 80, `${paid.size}, ${gone.size}, ${shipped.size}`)
  const without = (some: Set<bigint>, others: Set<bigint>): bigint[] =>
    [...some].filter((order) => !others.has(order))
  t.same(without(shipped, paid), [], 'what ships was paid')
  t.same(without(of('order.deliver'), shipped), [], 'what arrives was shipped')
  t.same(without(of('item.return'), of('order.deliver')), [], 'what comes back has arrived')
  t.same(without(of('order.refund'), paid), [], 'what is given back was paid')
  t.equal(without(shipped, gone).length, shipped.size, 'what ships is never taken back')
  const paidBack = new Set([...gone].filter((order) => paid.has(order)))
  t.ok(
    paidBack.size > 5 && paidBack.size < gone.size / 2,
    `${paidBack.size} of ${gone.size} were paid before`,
  )
  for (const name of STEPS)
    t.ok((standIns[name] ?? 0) <= 40, `${name}: ${standIns[name] ?? 0} stand-ins, of the first seconds`)
  t.end()
})

t.test('a step whose order is not known yet asks for nobody’s, counts it, and leaves no result', (t) => {
  const standIns: Record<string, number> = {}
  const young = worldWith(memory(), standIns)
  for (const name of [...STEPS, 'order.read', 'order.list']) {
    const operation = named(name)
    const step = operation.input(arrivalOf(operation, 0, 'warmup'), young) as OrderStep
    t.equal(step.orderId, 1n, name)
    t.equal(standIns[name], 1, name)
    t.equal(operation.result?.(step, { changed: true }), undefined)
  }
  t.end()
})

t.test('an order is found again by its arrival alone: its customer is the one who placed it', (t) => {
  for (let index = 0; index < 200; index += 2)
    t.equal(orderAt(world, id(index)).customerId, world.population.customerId(customerOf(world, id(index))))
  t.end()
})
