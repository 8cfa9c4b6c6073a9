import { LRUCache } from 'lru-cache'
import type { Cost } from '../../../core/cost.ts'
import type { PostgresQueries } from '../../../stores/postgres/client.ts'
import { availabilityLoader } from './product-store.ts'

/** A page may show stock that is this old; an order asks the truth. */
const TTL_MS = 2_000
const ENTRIES = 10_000

/** Units of products that can be ordered, at most two seconds old: hot products are asked for now and then, not once a page. */
export function availability(postgres: PostgresQueries): (productId: bigint, cost: Cost) => Promise<number> {
  const ask = availabilityLoader(postgres)
  const known = new LRUCache<bigint, Promise<number>>({ max: ENTRIES, ttl: TTL_MS, ttlResolution: 20 })
  return (productId, cost) => {
    const held = known.get(productId)
    if (held !== undefined) return held
    const asked = ask(productId, cost)
    known.set(productId, asked)
    // A failed question is asked again by the next page.
    asked.catch(() => known.delete(productId))
    return asked
  }
}
