import type { Context } from '../../../../core/operation.ts'
import type { ProductFilters, SearchPage } from '../../application.ts'
import { hydrate } from '../browse.ts'
import type { Services } from '../services.ts'
import { decodeCursor } from './cursor.ts'
import { askElasticsearch } from './elastic.ts'
import { askPostgres } from './fallback.ts'
import { searchTerms } from './query.ts'

/**
 * Searches products: ids from Elasticsearch in the order of rank, from PostgreSQL when that is down or slow, and the
 * products themselves from the cache (ECM-81 to ECM-89, ECM-92).
 * @throws Refusal `bad-query`, `bad-filter`, `bad-cursor`
 */
export async function search(
  services: Services,
  request: { query: string; filters: ProductFilters; after: string | undefined; limit: number },
  context: Context,
): Promise<SearchPage> {
  const terms = searchTerms(request.query, request.filters, request.limit)
  const cursor = request.after === undefined ? undefined : decodeCursor(request.after)
  const found = await services.guardSearch(() =>
    askElasticsearch(services.elasticsearch, terms, cursor, context.cost),
  )
  const { ids, total, relation, next } =
    found ?? (await askPostgres(services.reads, terms, cursor?.page ?? 0, context.cost))
  const products = await hydrate(services, ids, context)
  return { products, total, relation, next, degraded: found === undefined }
}
