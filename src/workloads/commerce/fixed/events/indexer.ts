import { INVALIDATION_CHANNEL, leaseKey } from '../../../../patterns/cache/keys.ts'
import { keys } from '../keys.ts'
import { PRODUCTS_ALIAS } from '../search/elastic.ts'
import { indexRows, PRODUCTS_BY_ID } from '../search/index-products.ts'
import type { ConsumerJob } from './consumer.ts'
import { TOPIC } from './topics.ts'

/**
 * Brings changed products into the search index as PostgreSQL has them now, under their row's version (E-35), and makes
 * every cache forget them, should the process that changed them have died before it said so.
 */
export const indexer: ConsumerJob = {
  group: 'indexer',
  topic: TOPIC.products,
  async handle({ postgres, elasticsearch, redis }, events) {
    const products = new Set<string>()
    for (const event of events) if (event.kind === 'product.changed') products.add(event.product)
    if (products.size === 0) return
    await indexRows(postgres, elasticsearch, PRODUCTS_ALIAS, PRODUCTS_BY_ID, [[...products]])
    const stale = Array.from(products, keys.product)
    await redis.wave([
      ['unlink', ...stale, ...stale.map(leaseKey)],
      ['publish', INVALIDATION_CHANNEL, stale.join('\n')],
    ])
  },
}
