import { INVALIDATION_CHANNEL, leaseKey } from '../../../../patterns/cache/keys.ts'
import { INDEX_FRESH, versionKey } from '../../flows.ts'
import { keys } from '../keys.ts'
import { PRODUCTS_ALIAS } from '../search/elastic.ts'
import { showProducts } from '../search/index-products.ts'
import type { IndexedProduct } from '../search/index-products.ts'
import type { ConsumerJob } from './consumer.ts'
import type { CommerceEvent } from './event.ts'
import { TOPIC } from './topics.ts'

/** The first version of each product that a batch tells of. */
function firstVersions(events: readonly CommerceEvent[]): ReadonlyMap<string, bigint> {
  const first = new Map<string, bigint>()
  for (const event of events) {
    if (event.kind !== 'product.changed') continue
    const version = BigInt(event.version)
    const known = first.get(event.product)
    if (known === undefined || version < known) first.set(event.product, version)
  }
  return first
}

/** Every version that searches see from now on: those from the first one of the batch up to the row's own. */
function shownVersions({ productId, version }: IndexedProduct, first: bigint): readonly string[] {
  const shown: string[] = []
  for (let each = first; each <= version; each += 1n) shown.push(versionKey(productId, each))
  return shown
}

/**
 * Brings changed products into the search index as PostgreSQL has them now, under their row's version (E-35), and makes
 * every cache forget them, should the process that changed them have died before it said so. Says of each version when
 * searches saw it (E-42).
 */
export function newIndexer(): ConsumerJob {
  /** Products of a batch that failed: the index may know them already when it comes again. */
  const tried = new Map<string, bigint>()
  return {
    group: 'indexer',
    topic: TOPIC.products,
    async handle({ postgres, elasticsearch, redis, host }, events) {
      const first = firstVersions(events)
      if (first.size === 0) return
      const again = new Map(tried)
      for (const [product, version] of first) if (!again.has(product)) tried.set(product, version)
      const rows = await showProducts(postgres, elasticsearch, PRODUCTS_ALIAS, [...first.keys()])
      const atMicros = Number(process.hrtime.bigint() / 1000n)
      const shown = rows.flatMap((row) => {
        const product = row.productId.toString()
        // What an earlier batch has shown is not shown once more.
        const from = again.get(product) ?? (row.isNews ? first.get(product) : undefined)
        return from === undefined ? [] : shownVersions(row, from)
      })
      for (const product of first.keys()) tried.delete(product)
      host.flowEnds(shown.map((key) => ({ flow: INDEX_FRESH, key, part: 0, of: 1, weight: 1, atMicros })))
      const stale = Array.from(first.keys(), keys.product)
      await redis.wave([
        ['unlink', ...stale, ...stale.map(leaseKey)],
        ['publish', INVALIDATION_CHANNEL, stale.join('\n')],
      ])
    },
  }
}
