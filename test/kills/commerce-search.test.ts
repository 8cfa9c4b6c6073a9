import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { SearchPage } from '../../src/workloads/commerce/application.ts'
import { PRODUCTS_ALIAS } from '../../src/workloads/commerce/fixed/search/elastic.ts'
import { openCommerceCase } from '../helpers/commerce-fixed.ts'
import { eventually, newContext } from '../helpers/context.ts'
import { restartStore, signalStore } from '../helpers/kill.ts'

// Four stores start first, and Elasticsearch twice.
t.setTimeout(300_000)

const commerce = await openCommerceCase(['elasticsearch'], { seed: 1, size: 300 })
const { application } = commerce

function search(query: string, after?: string, limit = 24): Promise<SearchPage> {
  return application.search({ query, filters: {}, after, limit }, newContext())
}

const QUERIES = ['kettle', 'wooden puzzle', 'borealis speaker', 'lens']

/** Searches, fifty a second at most: Elasticsearch starts again beside them, on the same processors. */
async function whileSearching(work: () => Promise<void>): Promise<SearchPage[]> {
  const pages: SearchPage[] = []
  let isDone = false
  const searching = (async () => {
    while (!isDone) {
      pages.push(await search(QUERIES[pages.length % QUERIES.length] ?? '', undefined, 5))
      await delay(20)
    }
  })()
  // Its failures are those of the searches.
  searching.catch(() => undefined)
  await work().finally(() => {
    isDone = true
  })
  await searching
  return pages
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
    const degraded = async (): Promise<boolean> => (await search('kettle')).degraded
    const { home } = commerce
    const pages = await whileSearching(async () => {
      await signalStore(home, 'elasticsearch', 'SIGSTOP')
      await eventually(degraded)
      await signalStore(home, 'elasticsearch', 'SIGCONT')
      await eventually(async () => !(await degraded()))
      await signalStore(home, 'elasticsearch', 'SIGKILL')
      await eventually(degraded)
      const first = await search('kettle', undefined, 3)
      const second = await search('kettle', first.next, 3)
      t.same([first.degraded, second.degraded, second.products.length > 0], [true, true, true])
      const ids = [...first.products, ...second.products].map(({ productId }) => productId)
      t.equal(new Set(ids).size, ids.length, 'pages go on in PostgreSQL')
      await restartStore(home, 'elasticsearch')
      await eventually(async () => !(await degraded()))
      t.ok(
        (await search('kettle', second.next, 3)).products.length > 0,
        'and with its cursor in Elasticsearch',
      )
    })
    t.ok(pages.every(({ products }) => products.length > 0))
  },
)
