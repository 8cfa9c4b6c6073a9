// Kills in the midst of placing orders: of the application, of sessions of PostgreSQL and of all of it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { OperationFailure } from '../../../src/core/errors.ts'
import type { CommerceApplication, PlacedOrder } from '../../../src/workloads/commerce/application.ts'
import { sweepSagas } from '../../../src/workloads/commerce/fixed/checkout/saga-sweep.ts'
import { chooseHotProducts, keepPools } from '../../../src/workloads/commerce/fixed/checkout/unit-rows.ts'
import { makeCommerceCase } from '../commerce-case.ts'
import type { CommerceCase } from '../commerce-case.ts'
import { eventually, newContext } from '../context.ts'
import { shutGates } from './gates.ts'
import type { Gates } from './gates.ts'
import { answersAgain, killPostgres, killSessions, passTime } from './postgres.ts'
import type { FaultStores } from './stores.ts'
import { countOrder, newTally } from './tally.ts'
import type { Tally } from './tally.ts'
import { loadTestBuild } from './test-build.ts'
import { ANSWERED, isTakenBack, makeVictims, placeAt, UNHEARD } from './victims.ts'
import type { Victim } from './victims.ts'
import { VICTIM } from './victim-names.ts'
import type { VictimNews, VictimOrder } from './victim-names.ts'
import { newWitness, TABLE_AUDITS } from './witness.ts'
import type { Answer, Witness } from './witness.ts'

const ENTRY = fileURLToPath(new URL('victim-process.ts', import.meta.url))

/** What is killed: the process that places orders, the server's processes that work on them, the server as a whole. */
export const KILLED = ['application', 'sessions', 'server'] as const
export type Killed = (typeof KILLED)[number]

/** The case with one strategy, its functions in the test build. */
export interface OrderFaults {
  readonly commerce: CommerceCase
  readonly strategy: string
  readonly application: CommerceApplication
  readonly witness: Witness
}

/** An empty case on stores that run. */
export async function openOrderFaults(started: FaultStores, strategy: string): Promise<OrderFaults> {
  const commerce = await makeCommerceCase(started, [])
  await loadTestBuild(commerce.postgres)
  const { application } = await commerce.open({ checkout: strategy })
  return { commerce, strategy, application, witness: newWitness() }
}

/** The housekeeping of the relay. */
export async function keepHouse({ commerce }: OrderFaults): Promise<void> {
  await passTime(commerce)
  await sweepSagas(commerce.postgres, 100)
  await keepPools(commerce.postgres)
}

/** Where orders are: some have come to their points, some were answered. */
interface Progress {
  readonly reached: Map<string, PromiseWithResolvers<void>>
  readonly placed: Map<string, PromiseWithResolvers<PlacedOrder>>
}

function newProgress(victims: readonly Victim[]): Progress {
  const placed = victims.map(({ point }) => [point, Promise.withResolvers<PlacedOrder>()] as const)
  const stopping = victims.filter(({ point, isInFunction }) => !isInFunction && point !== ANSWERED)
  return {
    placed: new Map(placed),
    reached: new Map(stopping.map(({ point }) => [point, Promise.withResolvers<void>()])),
  }
}

/** Answers the server's processes that wait. @throws Error when an order gets past its point */
async function untilThere(progress: Progress, gates: Gates): Promise<readonly number[]> {
  const stops = [...progress.reached.values()].map(({ promise }) => promise)
  const all = Promise.all([gates.reached(), ...stops, progress.placed.get(ANSWERED)?.promise])
  const past = [...progress.placed]
    .filter(([point]) => point !== ANSWERED)
    .map(async ([point, { promise }]) => {
      throw new Error(`${point} was not reached: ${JSON.stringify(Object.keys(await promise))}`)
    })
  const [sessions] = await Promise.race([all, ...past])
  return sessions
}

/** Places orders in a process of its own, and kills it when they are all where they should be. */
async function killApplication(
  { commerce, strategy }: OrderFaults,
  victims: readonly Victim[],
  gates: Gates,
  progress: Progress,
): Promise<void> {
  const child = fork(ENTRY, [], { serialization: 'advanced' })
  const exited = once(child, 'exit')
  child.on('message', ({ point, placed }: VictimNews) => {
    if (placed === undefined) progress.reached.get(point)?.resolve()
    else progress.placed.get(point)?.resolve(placed)
  })
  const order: VictimOrder = { endpoints: commerce.endpoints, strategy, victims }
  child.send(order)
  const ended = exited.then(([code, signal]) => {
    throw new Error(`the application ended on its own: ${String(signal ?? code)}`)
  })
  await Promise.race([untilThere(progress, gates), ended])
  ended.catch(() => undefined)
  child.kill('SIGKILL')
  await exited
  for (const { reject } of progress.placed.values())
    reject(new OperationFailure('unavailable', 'it was killed'))
  await gates.open()
  // The server goes on with what it was asked to do.
  await eventually(async () => {
    const there = await commerce.count('pg_stat_activity', `application_name = '${VICTIM}'`)
    return there === 0
  })
}

/** Places orders here, and kills PostgreSQL, or its sessions, when they are all where they should be. */
async function killServer(
  { commerce, application }: OrderFaults,
  victims: readonly Victim[],
  gates: Gates,
  progress: Progress,
  killed: Killed,
): Promise<void> {
  const recovered = Promise.withResolvers<void>()
  for (const victim of victims) {
    const { resolve, reject } = progress.placed.get(victim.point) ?? Promise.withResolvers<PlacedOrder>()
    const reached = (point: string): Promise<void> => {
      progress.reached.get(point)?.resolve()
      return recovered.promise
    }
    placeAt(application, victim, reached).then(resolve, reject)
  }
  try {
    const sessions = await untilThere(progress, gates)
    if (killed === 'server') await killPostgres(commerce)
    else await killSessions(commerce, sessions)
    await answersAgain(commerce)
  } finally {
    await gates.open()
    recovered.resolve()
  }
}

async function ordersOf({ commerce }: OrderFaults, { request }: Victim): Promise<number> {
  return commerce.count('orders', `customer_id = ${request.customerId}`)
}

/** Asks again under the same key, and looks whether there is one order of it, or none where it must be refused. */
async function repeat(
  faults: OrderFaults,
  victim: Victim,
  first: Answer<PlacedOrder>,
  tally: Tally,
): Promise<void> {
  const before = await ordersOf(faults, victim)
  countOrder(tally, first.outcome, before)
  const again = await faults.witness.order(victim.request, () =>
    faults.application.placeOrder(victim.request, newContext()),
  )
  const after = await ordersOf(faults, victim)
  if (after > 1 && before <= 1) tally.doubled += 1
  const wanted = isTakenBack(victim) ? 'refused 0' : 'ok 1'
  if (`${again.outcome} ${after}` !== wanted)
    tally.violated.push(`asked again: ${again.outcome}, and ${after} orders are there`)
  if (again.outcome !== 'ok') return
  if (again.result.replayed !== before > 0)
    tally.violated.push(`asked again: replayed ${again.result.replayed}, ${before} were there`)
  if (first.outcome === 'ok' && first.result.orderId !== again.result.orderId)
    tally.violated.push(`asked again: order ${again.result.orderId}, not ${first.result.orderId}`)
}

/**
 * Kills something when there is an order at each point of placing it, lets it recover, and looks at each order: a tally a
 * point, and a last one for the audits.
 */
export async function killOrders(faults: OrderFaults, killed: Killed): Promise<readonly Tally[]> {
  const { commerce, strategy, witness } = faults
  const ends = killed === 'application' ? [UNHEARD, ANSWERED] : [ANSWERED]
  const victims = await makeVictims(commerce, strategy, ends)
  if (strategy === 'unit-rows') {
    const products = victims.flatMap(({ request }) => request.lines.map(({ productId }) => productId))
    await chooseHotProducts(commerce.postgres, products)
  }
  const progress = newProgress(victims)
  const answers = victims.map(({ point, request }) =>
    witness.order(
      request,
      () => progress.placed.get(point)?.promise ?? Promise.reject(new Error(`no ${point}`)),
    ),
  )
  const firsts = Promise.all(answers)
  // Whatever is wrong with them is said where they are waited for.
  firsts.catch(() => undefined)
  const gates = await shutGates(
    commerce.postgres,
    victims
      .filter(({ isInFunction }) => isInFunction)
      .map(({ point, request }) => ({ point, subject: request.customerId })),
  )
  if (killed === 'application') await killApplication(faults, victims, gates, progress)
  else await killServer(faults, victims, gates, progress, killed)
  const known = await firsts
  await keepHouse(faults)
  const name = `${strategy}, ${killed} killed`
  const tallies: Tally[] = []
  for (const [index, victim] of victims.entries()) {
    const tally = newTally(`${name} at ${victim.point}`)
    await repeat(faults, victim, known[index] ?? { outcome: 'unknown' }, tally)
    tallies.push(tally)
  }
  await keepHouse(faults)
  const audits = newTally(`${name}, audits`)
  audits.violated.push(...(await witness.violations(commerce, TABLE_AUDITS, { checkout: strategy })))
  return [...tallies, audits]
}
