// `npm run soak:commerce [-- --count 100 --only kafka]`: every kill of test/kills/commerce-*.test.ts as often as is said,
// on stores of their own. Prints a line a case and a total; exit code 1 when anything was lost, doubled or violated.
import {
  closeEventFaults,
  killConsumers,
  killRelay,
  killStore,
  openEventFaults,
  RELAY_POINTS,
} from '../../test/helpers/faults/events.ts'
import {
  closeIndexFaults,
  killElasticsearch,
  killIndexers,
  openIndexFaults,
} from '../../test/helpers/faults/indexing.ts'
import { killUnderSearches, openSearchFaults } from '../../test/helpers/faults/searching.ts'
import { KILLED, killOrders, openOrderFaults } from '../../test/helpers/faults/orders.ts'
import { killSteps } from '../../test/helpers/faults/steps.ts'
import { startFaultStores } from '../../test/helpers/faults/stores.ts'
import type { FaultStores } from '../../test/helpers/faults/stores.ts'
import { isRight, lineOf, newTally, sumOf } from '../../test/helpers/faults/tally.ts'
import type { Tally } from '../../test/helpers/faults/tally.ts'
import { soakOptions } from './options.ts'

const { count, only, isStopping: isAsked } = soakOptions()
/** After a round that did not come to its end nothing more is tried. */
let isBroken = false
const isStopping = (): boolean => isBroken || isAsked()
const told: Tally[] = []

/** A round that did not come to its end is a violation too. */
function broken(name: string, round: number, error: unknown): Tally {
  const tally = newTally(`${name}, round ${round}`)
  tally.violated.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return tally
}

/** Repeats a kill, and prints a line for each of its cases. */
async function repeat(name: string, kill: () => Promise<readonly Tally[]>): Promise<void> {
  if (isStopping() || !name.includes(only)) return
  const rounds: (readonly Tally[])[] = []
  const since = performance.now()
  const tallies: Tally[] = []
  try {
    while (rounds.length < count && !isStopping()) rounds.push(await kill())
  } catch (error) {
    tallies.push(broken(name, rounds.length + 1, error))
    isBroken = true
  }
  const [first = []] = rounds
  for (const [index, { name: each }] of first.entries())
    tallies.push(
      sumOf(
        each,
        rounds.flatMap((round) => round[index] ?? []),
      ),
    )
  for (const tally of tallies) {
    console.log(lineOf(tally))
    for (const violation of tally.violated) console.log(`  ${violation}`)
    told.push(tally)
  }
  const seconds = ((performance.now() - since) / 1_000).toFixed(0)
  console.log(`# ${name}: ${rounds.length} kills in ${seconds} s`)
}

/** Runs cases on stores of their own, unless none of them is asked for. */
async function withStores(
  further: readonly ('kafka' | 'elasticsearch')[],
  names: readonly string[],
  work: (started: FaultStores) => Promise<void>,
): Promise<void> {
  if (isStopping() || !names.some((name) => name.includes(only))) return
  const started = await startFaultStores(further)
  try {
    await work(started)
  } finally {
    await started.close()
  }
}

for (const strategy of ['conditional', 'serializable', 'unit-rows', 'saga']) {
  const names = KILLED.map((killed) => `${strategy}, ${killed} killed`)
  await withStores([], names, async (started) => {
    const faults = await openOrderFaults(started, strategy)
    for (const [index, killed] of KILLED.entries())
      await repeat(names[index] ?? '', () => killOrders(faults, killed))
  })
}

const steps = ['steps, sessions killed', 'steps, server killed']
await withStores([], steps, async (started) => {
  const faults = await openOrderFaults(started, 'conditional')
  for (const [index, killed] of (['sessions', 'server'] as const).entries())
    await repeat(steps[index] ?? '', () => killSteps(faults, killed))
})

const relays = RELAY_POINTS.map((point) => `relay killed at ${point}`)
const loaded = ['kafka', 'postgres'].map((store) => `${store} killed under load`)
await withStores(['kafka'], [...relays, 'consumers killed', ...loaded], async (started) => {
  const faults = await openEventFaults(started)
  for (const [index, point] of RELAY_POINTS.entries())
    await repeat(relays[index] ?? '', async () => [await killRelay(faults, point)])
  await repeat('consumers killed', async () => [await killConsumers(faults)])
  for (const [index, store] of (['kafka', 'postgres'] as const).entries())
    await repeat(loaded[index] ?? '', async () => [await killStore(faults, store)])
  await closeEventFaults(faults)
})

const indexing = ['indexers killed', 'elasticsearch killed under load']
await withStores(['kafka', 'elasticsearch'], indexing, async (started) => {
  const faults = await openIndexFaults(started)
  await repeat('indexers killed', async () => [await killIndexers(faults)])
  await repeat('elasticsearch killed under load', async () => [await killElasticsearch(faults)])
  await closeIndexFaults(faults)
})

const searched = 'elasticsearch killed under searches'
await withStores(['elasticsearch'], [searched], async (started) => {
  const commerce = await openSearchFaults(started)
  await repeat(searched, async () => [await killUnderSearches(commerce)])
})

const total = sumOf(`total of ${told.length} cases`, told)
console.log(lineOf(total))
process.exitCode = isRight(total) && told.length > 0 ? 0 : 1
