// Elasticsearch that hangs, dies and comes back under searches.
import { setTimeout as delay } from 'node:timers/promises'
import type { SearchPage } from '../../../src/workloads/commerce/application.ts'
import { makeCommerceCase } from '../commerce-case.ts'
import type { CommerceCase } from '../commerce-case.ts'
import { eventually, newContext } from '../context.ts'
import { restartStore, signalStore } from '../kill.ts'
import type { FaultStores } from './stores.ts'
import { newTally } from './tally.ts'
import type { Tally } from './tally.ts'

const QUERIES = ['kettle', 'wooden puzzle', 'borealis speaker', 'lens']
/** Fifty a second at most: Elasticsearch starts again beside them, on the same processors. */
const PAUSE_MS = 20

/** The case with an index of its seed. */
export function openSearchFaults(started: FaultStores): Promise<CommerceCase> {
  return makeCommerceCase(started, ['elasticsearch'], { seed: 1, size: 300 })
}

function search(
  { application }: CommerceCase,
  query: string,
  after?: string,
  limit = 24,
): Promise<SearchPage> {
  return application.search({ query, filters: {}, after, limit }, newContext())
}

/** Searches while something is done; counts the answers, and as violations those that never came or found nothing. */
async function whileSearching(
  commerce: CommerceCase,
  tally: Tally,
  work: () => Promise<void>,
): Promise<void> {
  let isDone = false
  const searching = (async () => {
    for (; !isDone; tally.count += 1) {
      const query = QUERIES[tally.count % QUERIES.length] ?? ''
      try {
        const { products } = await search(commerce, query, undefined, 5)
        if (products.length > 0) tally.acknowledged += 1
        else tally.violated.push(`'${query}' found nothing`)
      } catch (error) {
        tally.violated.push(`'${query}': ${error instanceof Error ? error.message : String(error)}`)
      }
      await delay(PAUSE_MS)
    }
  })()
  await work().finally(() => {
    isDone = true
  })
  await searching
}

/** Pages that began in PostgreSQL go on there; answers the cursor behind them. */
async function pagesOf(commerce: CommerceCase, tally: Tally): Promise<string | undefined> {
  const first = await search(commerce, 'kettle', undefined, 3)
  const second = await search(commerce, 'kettle', first.next, 3)
  if (!first.degraded || !second.degraded) tally.violated.push('a page without Elasticsearch is not degraded')
  const ids = [...first.products, ...second.products].map(({ productId }) => productId)
  if (second.products.length === 0) tally.violated.push('there is no second page without Elasticsearch')
  if (new Set(ids).size !== ids.length) tally.violated.push('a product is on two pages')
  return second.next
}

/** Lets Elasticsearch hang, then kills it, then starts it again, under searches: each is answered (ECM-92, E-41). */
export async function killUnderSearches(commerce: CommerceCase): Promise<Tally> {
  const tally = newTally('elasticsearch killed under searches')
  const { home } = commerce
  const degraded = async (): Promise<boolean> => (await search(commerce, 'kettle')).degraded
  await whileSearching(commerce, tally, async () => {
    await signalStore(home, 'elasticsearch', 'SIGSTOP')
    await eventually(degraded)
    await signalStore(home, 'elasticsearch', 'SIGCONT')
    await eventually(async () => !(await degraded()))
    await signalStore(home, 'elasticsearch', 'SIGKILL')
    await eventually(degraded)
    const cursor = await pagesOf(commerce, tally)
    await restartStore(home, 'elasticsearch')
    await eventually(async () => !(await degraded()))
    const { products } = await search(commerce, 'kettle', cursor, 3)
    if (products.length === 0) tally.violated.push('pages of PostgreSQL do not go on in Elasticsearch')
  })
  return tally
}
