import t from 'tap'
import type { SearchPage } from '../../src/workloads/commerce/application.ts'
import { PRODUCTS_ALIAS } from '../../src/workloads/commerce/fixed/search/elastic.ts'
import { eventually, newContext } from '../helpers/context.ts'
import { killUnderSearches, openSearchFaults } from '../helpers/faults/searching.ts'
import { startFaultStores } from '../helpers/faults/stores.ts'
import { isRight, lineOf } from '../helpers/faults/tally.ts'
import { signalStore } from '../helpers/kill.ts'

// Three stores start first, and Elasticsearch twice.
t.setTimeout(600_000)
const started = await startFaultStores(['elasticsearch'])
t.teardown(() => started.close())
const commerce = await openSearchFaults(started)

function search(query: string, after?: string, limit = 24): Promise<SearchPage> {
  return commerce.application.search({ query, filters: {}, after, limit }, newContext())
}

t.test(
  'while Elasticsearch hangs the second page of a search has no more time than the first (ECM-92, E-41)',
  async (t) => {
    const { home, own } = commerce
    let first = await search('kettle', undefined, 3)
    // The first searches of a server are slow.
    await eventually(async () => {
      if (first.degraded) first = await search('kettle', undefined, 3)
      return !first.degraded
    })
    await signalStore(home, 'elasticsearch', 'SIGSTOP')
    await eventually(async () => (await search('kettle')).degraded)
    // As long as a call without a bound of its own.
    let isOver = false
    const unbounded = own.elasticsearch.count(PRODUCTS_ALIAS).then(
      () => undefined,
      () => {
        isOver = true
      },
    )
    const second = await search('kettle', first.next, 3)
    t.same([second.degraded, second.products.length > 0, isOver], [true, true, false])
    await signalStore(home, 'elasticsearch', 'SIGCONT')
    await unbounded
    await eventually(async () => !(await search('kettle')).degraded)
  },
)

t.test(
  'while Elasticsearch hangs or is dead every search is answered, degraded, and then as before (ECM-92, E-41)',
  async (t) => {
    const tally = await killUnderSearches(commerce)
    t.ok(isRight(tally), [lineOf(tally), ...tally.violated].join('\n'))
    t.equal(tally.acknowledged, tally.count)
  },
)
