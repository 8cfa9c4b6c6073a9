// Kills of what brings orders further: the relay, its consumers, Kafka; and of PostgreSQL under all of them.
import { OperationFailure } from '../../../src/core/errors.ts'
import type { FlowEnd } from '../../../src/core/operation.ts'
import type {
  CommerceApplication,
  OrderRequest,
  PlacedOrder,
} from '../../../src/workloads/commerce/application.ts'
import { chooseHotProducts } from '../../../src/workloads/commerce/fixed/checkout/unit-rows.ts'
import { line, makeCommerceCase } from '../commerce-case.ts'
import type { CommerceCase, TestCustomer } from '../commerce-case.ts'
import { EFFECT } from '../../../src/workloads/commerce/flows.ts'
import { rolesHere } from '../commerce-roles.ts'
import type { TestRoles } from '../commerce-roles.ts'
import { eventually, newContext } from '../context.ts'
import { restartStore, signalStore } from '../kill.ts'
import { startDoomed } from './doomed.ts'
import { answersAgain, keepReservations, passTime } from './postgres.ts'
import type { FaultStores } from './stores.ts'
import { countOrder, newTally } from './tally.ts'
import type { Tally } from './tally.ts'
import { EVENT_AUDITS, newWitness, TABLE_AUDITS } from './witness.ts'
import type { Answer, Witness } from './witness.ts'

const CONSUMERS = ['confirmations', 'notices', 'sellers'] as const
const STRATEGIES = ['conditional', 'serializable', 'unit-rows', 'saga'] as const
const CLIENTS = 8
/** Products whose units are rows of their own, for orders of checkout=unit-rows: no other way to order knows of these. */
const HOT = 2
const PLAIN = 3
/** Orders of a client: with all of them, a few hundred. */
const ORDERS = 36
/** Acknowledged orders of all clients after which something is killed. */
const KILL_AFTER = 90
const MANY = 1_000_000
const NO_KEY = 'no key'
/** Of the applications: each mints ids of its own. */
const FIRST_WORKER = 10
/** Audits of a case where every strategy places orders judge as for the one that promises least. */
const CHOICE = { checkout: 'saga' }

/** The case with orders of every strategy, and its roles in this process. */
export interface EventFaults {
  readonly commerce: CommerceCase
  readonly witness: Witness
  readonly applications: readonly CommerceApplication[]
  readonly customers: readonly TestCustomer[]
  readonly products: readonly bigint[]
  relay: TestRoles
  consumers: TestRoles
}

/** An order that was asked for, and its answer. */
interface Asked {
  readonly client: number
  readonly request: OrderRequest
  readonly answer: Answer<PlacedOrder>
}

/** An empty case on stores that run, Kafka among them. */
export async function openEventFaults(started: FaultStores): Promise<EventFaults> {
  const commerce = await makeCommerceCase(started, ['kafka'])
  const products: bigint[] = []
  for (let number = 0; number < HOT + PLAIN; number += 1)
    products.push(await commerce.product({ stock: { 1: MANY, 2: MANY } }))
  const customers: TestCustomer[] = []
  for (let number = 0; number < CLIENTS; number += 1) customers.push(await commerce.customer(number % 4))
  await chooseHotProducts(commerce.postgres, products.slice(0, HOT))
  const opened = await Promise.all(
    STRATEGIES.map((checkout, index) => commerce.open({ checkout }, FIRST_WORKER + index)),
  )
  return {
    commerce,
    witness: newWitness(),
    applications: opened.map(({ application }) => application),
    customers,
    products,
    relay: await rolesHere(commerce.stores, ['relay']),
    consumers: await rolesHere(commerce.stores, CONSUMERS),
  }
}

export async function closeEventFaults({ relay, consumers }: EventFaults): Promise<void> {
  await Promise.all([relay.close(), consumers.close()])
}

let keys = 0

function strategyOf(client: number): (typeof STRATEGIES)[number] {
  return STRATEGIES[client % STRATEGIES.length] ?? 'conditional'
}

function requestOf({ customers, products }: EventFaults, client: number): OrderRequest {
  keys += 1
  const customer = customers[client % CLIENTS] ?? { customerId: 0n, addressId: 0n }
  const mine = strategyOf(client) === 'unit-rows' ? products.slice(0, HOT) : products.slice(HOT)
  const [product = 0n, another = 0n] = [mine[keys % mine.length], mine[(keys + 1) % mine.length]]
  return { ...customer, key: `order-${keys}`, currency: 'USD', lines: [line(product, 2), line(another, 1)] }
}

function place(faults: EventFaults, client: number, request: OrderRequest): Promise<Answer<PlacedOrder>> {
  const application = faults.applications[client % faults.applications.length]
  return faults.witness.order(request, () => {
    if (application === undefined) throw new Error('no application')
    return application.placeOrder(request, newContext())
  })
}

/** Of some orders that were placed the money is taken, some are taken back. */
async function goOn({ witness, applications }: EventFaults, { customerId }: OrderRequest, orderId: bigint) {
  const [application] = applications
  if (application === undefined) throw new Error('no application')
  const said = ({ changed }: { changed: boolean }) => ({ changed })
  const keys = { order: String(orderId), line: 1 }
  // The milliseconds of its id: the bits below are mostly the same.
  const moment = orderId >> 22n
  if (moment % 3n === 0n)
    await witness.ask(
      'payment.capture',
      keys,
      () => application.capturePayment({ orderId }, newContext()),
      said,
    )
  if (moment % 4n === 0n)
    await witness.ask(
      'order.cancel',
      keys,
      () => application.cancelOrder({ customerId, orderId }, newContext()),
      said,
    )
}

/** A closed loop of all clients. @param each told of each acknowledged order, by its number from 1 */
async function placeOrders(
  faults: EventFaults,
  perClient: number,
  each: (acknowledged: number) => void = () => undefined,
): Promise<readonly Asked[]> {
  const asked: Asked[] = []
  let acknowledged = 0
  const client = async (_: unknown, index: number): Promise<void> => {
    for (let number = 0; number < perClient; number += 1) {
      const request = requestOf(faults, index)
      const answer = await place(faults, index, request)
      asked.push({ client: index, request, answer })
      if (answer.outcome === 'unknown') await answersAgain(faults.commerce)
      if (answer.outcome !== 'ok') continue
      acknowledged += 1
      each(acknowledged)
      await goOn(faults, request, answer.result.orderId)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return asked
}

/** Resolves when relay and consumers have nothing left to do. */
async function settle({ commerce, relay, consumers }: EventFaults): Promise<void> {
  await eventually(async () => {
    await passTime(commerce)
    await keepReservations(commerce)
    return relay.settled().then(
      () => true,
      (error: unknown) => {
        if (error instanceof OperationFailure) return false
        throw error
      },
    )
  })
  await consumers.settled()
}

interface Known {
  readonly id: string
  readonly asked: string | null
}

/** Which orders there are, by customer and key. */
async function ordersThere({ commerce }: EventFaults): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows =
    await commerce.sql<Known>(`SELECT o.order_id::text AS id, k.customer_id || ' ' || k.key AS asked
    FROM orders o LEFT JOIN idempotency_keys k ON k.shard = o.shard AND k.order_id = o.order_id`)
  const there = new Map<string, string[]>()
  for (const { id, asked } of rows) {
    const name = asked ?? NO_KEY
    there.set(name, [...(there.get(name) ?? []), id])
  }
  return there
}

/** Counts orders, asks for every second one without an answer again, and audits everything. */
async function judge(faults: EventFaults, tally: Tally, asked: readonly Asked[]): Promise<Tally> {
  const { witness, commerce } = faults
  await settle(faults)
  const there = await ordersThere(faults)
  const countOf = ({ customerId, key }: OrderRequest): number =>
    there.get(`${customerId} ${key}`)?.length ?? 0
  for (const { request, answer } of asked) countOrder(tally, answer.outcome, countOf(request))
  tally.doubled += there.get(NO_KEY)?.length ?? 0
  const unknown = asked.filter(({ answer }) => answer.outcome === 'unknown')
  for (const [index, { client, request }] of unknown.entries()) {
    if (index % 2 === 1) continue
    const again = await place(faults, client, request)
    if (again.outcome !== 'ok') tally.violated.push(`asked again: ${again.outcome}`)
    else if (again.result.replayed !== countOf(request) > 0)
      tally.violated.push(`asked again: replayed ${again.result.replayed}, ${countOf(request)} were there`)
  }
  await settle(faults)
  tally.violated.push(...(await witness.violations(commerce, [...TABLE_AUDITS, ...EVENT_AUDITS], CHOICE)))
  return tally
}

/** Looks whether ends of flows came once for each consumer and order; `isWhole` where no consumer was killed. */
function checkEnds(tally: Tally, ends: readonly FlowEnd[], asked: readonly Asked[], isWhole: boolean): void {
  const times = new Map<string, number>()
  for (const { key, part } of ends) times.set(`${key} ${part}`, (times.get(`${key} ${part}`) ?? 0) + 1)
  for (const [end, count] of times) if (count > 1) tally.violated.push(`end ${end} came ${count} times`)
  if (!isWhole) return
  for (const { answer } of asked) {
    if (answer.outcome !== 'ok') continue
    for (const part of [EFFECT.confirmation, EFFECT.notice])
      if (!times.has(`${answer.result.orderId} ${part}`))
        tally.violated.push(`end ${answer.result.orderId} ${part} never came`)
  }
}

/** An order by saga that stops for ever where it holds its units, as that of a killed process. */
async function leaveHalfWay(faults: EventFaults): Promise<Asked> {
  const client = STRATEGIES.indexOf('saga')
  const request = requestOf(faults, client)
  const saga = faults.applications[client]
  const held = Promise.withResolvers<never>()
  saga
    ?.placeOrder(request, {
      ...newContext(),
      faultPoint(name) {
        if (name !== 'saga.held') return undefined
        held.reject(new OperationFailure('unavailable', 'it was killed'))
        return Promise.withResolvers<void>().promise
      },
    })
    .catch(held.reject)
  return { client, request, answer: await faults.witness.order(request, () => held.promise) }
}

/** Where a relay is killed: between commit and publish, before it says that it has published, and as it sweeps. */
export const RELAY_POINTS = ['relay.before-publish', 'relay.after-publish', 'sweep.abandoned'] as const

/** Kills a relay at a point while orders come in; another one takes over. */
export async function killRelay(faults: EventFaults, point: (typeof RELAY_POINTS)[number]): Promise<Tally> {
  const tally = newTally(`relay killed at ${point}`)
  await settle(faults)
  await faults.relay.close()
  const asked: Asked[] = []
  if (point === 'sweep.abandoned') {
    asked.push(await leaveHalfWay(faults))
    await passTime(faults.commerce)
  }
  const doomed = await startDoomed(faults.commerce, 'relay', point)
  asked.push(...(await placeOrders(faults, 6)))
  await eventually(() => !doomed.alive())
  faults.relay = await rolesHere(faults.commerce.stores, ['relay'])
  asked.push(...(await placeOrders(faults, 2)))
  await judge(faults, tally, asked)
  checkEnds(tally, faults.consumers.ends, asked, true)
  return tally
}

/**
 * Kills two of each consumer at their first batch, one before and one after it has brought it about; others take over when
 * Kafka has missed them long enough.
 */
export async function killConsumers(faults: EventFaults): Promise<Tally> {
  const tally = newTally('consumers killed before and after their effects')
  await settle(faults)
  await faults.consumers.close()
  const ends: FlowEnd[] = []
  const doomed = await Promise.all(
    CONSUMERS.flatMap((group) =>
      ['before', 'after'].map((when) => startDoomed(faults.commerce, group, `${group}.${when}-effect`, ends)),
    ),
  )
  const asked = [...(await placeOrders(faults, 12))]
  await eventually(() => doomed.every((role) => !role.alive()))
  faults.consumers = await rolesHere(faults.commerce.stores, CONSUMERS)
  asked.push(...(await placeOrders(faults, 2)))
  await judge(faults, tally, asked)
  checkEnds(tally, [...ends, ...faults.consumers.ends], asked, false)
  return tally
}

/** An order that nobody pays in time loses its units, whether Kafka is there or not (E-13). */
async function expireOne(faults: EventFaults): Promise<Asked> {
  const request = requestOf(faults, 0)
  const answer = await place(faults, 0, request)
  if (answer.outcome !== 'ok') throw new Error(`the order that expires was ${answer.outcome}`)
  const { commerce } = faults
  const { orderId } = answer.result
  await commerce.sql(
    `UPDATE reservations SET expires_at = now() - interval '1 second' WHERE order_id = ${orderId}`,
  )
  await eventually(
    async () =>
      (await commerce.count('reservations', `order_id = ${orderId} AND state <> 'released'`)) === 0 &&
      (await commerce.count('orders', `order_id = ${orderId} AND status = 'cancelled'`)) === 1,
  )
  return { client: 0, request, answer }
}

/**
 * Kills a store with SIGKILL in the midst of a few hundred orders, and starts it again; Kafka when an order has expired
 * without it.
 */
export async function killStore(faults: EventFaults, store: 'kafka' | 'postgres'): Promise<Tally> {
  const tally = newTally(`${store} killed under load`)
  await settle(faults)
  let killing: Promise<readonly Asked[]> | undefined
  const kill = async (): Promise<readonly Asked[]> => {
    await signalStore(faults.commerce.home, store, 'SIGKILL')
    const expired = store === 'kafka' ? [await expireOne(faults)] : []
    await restartStore(faults.commerce.home, store)
    return expired
  }
  const asked = [
    ...(await placeOrders(faults, ORDERS, (acknowledged) => {
      if (acknowledged === KILL_AFTER) killing = kill()
    })),
  ]
  if (killing === undefined) throw new Error(`${store} was not killed: too few orders were acknowledged`)
  asked.push(...(await killing), ...(await placeOrders(faults, 4)))
  await judge(faults, tally, asked)
  checkEnds(tally, faults.consumers.ends, asked, store === 'kafka')
  return tally
}
