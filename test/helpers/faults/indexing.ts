// Kills of what brings products into the search index: the indexer, and Elasticsearch, while products change.
import { buildPopulation } from '../../../src/workloads/commerce/population/build.ts'
import type { CommercePopulation } from '../../../src/workloads/commerce/population.ts'
import { makeCommerceCase } from '../commerce-case.ts'
import type { CommerceCase } from '../commerce-case.ts'
import { rolesHere } from '../commerce-roles.ts'
import type { TestRoles } from '../commerce-roles.ts'
import { eventually, newContext } from '../context.ts'
import { restartStore, signalStore } from '../kill.ts'
import { startDoomed } from './doomed.ts'
import type { FaultStores } from './stores.ts'
import { newTally } from './tally.ts'
import type { Tally } from './tally.ts'
import { newWitness } from './witness.ts'
import type { Witness } from './witness.ts'

const POPULATION = { seed: 1, size: 100 }
const AUDITS = ['search.equal', 'journal.acknowledged', 'events.readable']

/** The case on its seed, with an index of it, and its roles in this process. */
export interface IndexFaults {
  readonly commerce: CommerceCase
  readonly catalogue: CommercePopulation
  readonly witness: Witness
  readonly relay: TestRoles
  indexer: TestRoles
}

/** A seeded case on all stores. */
export async function openIndexFaults(started: FaultStores): Promise<IndexFaults> {
  const commerce = await makeCommerceCase(started, ['kafka', 'elasticsearch'], POPULATION)
  return {
    commerce,
    catalogue: buildPopulation(POPULATION),
    witness: newWitness(),
    relay: await rolesHere(commerce.stores, ['relay']),
    indexer: await rolesHere(commerce.stores, ['indexer']),
  }
}

export async function closeIndexFaults({ relay, indexer }: IndexFaults): Promise<void> {
  await Promise.all([relay.close(), indexer.close()])
}

let titles = 0

/** Changes products, one after the other. @param each told of the number of each change, from 1 */
async function changeProducts(
  { commerce, catalogue, witness }: IndexFaults,
  count: number,
  tally: Tally,
  each: (number: number) => void = () => undefined,
): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    titles += 1
    const productId = catalogue.productId(number % catalogue.size)
    const change = { productId, title: `Kettle ${titles}`, priceMinor: null, status: null }
    const answer = await witness.ask(
      'product.update',
      { product: String(productId), title: change.title },
      () => commerce.application.updateProduct(change, newContext()),
      ({ version }) => ({ version: String(version) }),
    )
    tally.count += 1
    if (answer.outcome === 'ok') tally.acknowledged += 1
    each(number)
  }
}

async function judge({ commerce, relay, indexer, witness }: IndexFaults, tally: Tally): Promise<Tally> {
  await relay.settled()
  await indexer.settled()
  tally.violated.push(...(await witness.violations(commerce, AUDITS, {})))
  return tally
}

/** Kills two indexers, one before and one after it has brought its first batch into the index; another one takes over. */
export async function killIndexers(faults: IndexFaults): Promise<Tally> {
  const tally = newTally('indexers killed before and after their effects')
  await faults.indexer.close()
  const doomed = await Promise.all(
    ['before', 'after'].map((when) => startDoomed(faults.commerce, 'indexer', `indexer.${when}-effect`)),
  )
  await changeProducts(faults, 80, tally)
  await eventually(() => doomed.every((role) => !role.alive()))
  faults.indexer = await rolesHere(faults.commerce.stores, ['indexer'])
  await changeProducts(faults, 10, tally)
  return judge(faults, tally)
}

/** Kills Elasticsearch in the midst of changes, and starts it again. */
export async function killElasticsearch(faults: IndexFaults): Promise<Tally> {
  const tally = newTally('elasticsearch killed under load')
  const { home } = faults.commerce
  let killing: Promise<void> | undefined
  const kill = async (): Promise<void> => {
    await signalStore(home, 'elasticsearch', 'SIGKILL')
    await restartStore(home, 'elasticsearch')
  }
  await changeProducts(faults, 200, tally, (number) => {
    if (number === 60) killing = kill()
  })
  await killing
  await changeProducts(faults, 20, tally)
  return judge(faults, tally)
}
