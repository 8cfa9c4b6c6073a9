import type { Context } from '../../../core/operation.ts'
import type { ElasticsearchClient } from '../../../stores/elasticsearch/client.ts'
import type { CommerceApplication, ProductFilters, SearchPage } from '../application.ts'
import { PRODUCTS_INDEX } from './index-product.ts'
import { decimalOf } from './money.ts'
import { pageOf } from './pages.ts'
import { getProductsBatch } from './products.ts'
import type { Services } from './services.ts'

function filtersOf({ categoryId, priceMinMinor, priceMaxMinor }: ProductFilters): readonly object[] {
  const range = {
    ...(priceMinMinor === undefined ? {} : { gte: Number(decimalOf(priceMinMinor)) }),
    ...(priceMaxMinor === undefined ? {} : { lte: Number(decimalOf(priceMaxMinor)) }),
  }
  return [
    ...(categoryId === undefined ? [] : [{ term: { category: categoryId } }]),
    ...(Object.keys(range).length === 0 ? [] : [{ range: { price: range } }]),
  ]
}

/** What the text asks Elasticsearch (l.679-712). @param page from 1 */
function bodyOf(query: string, filters: ProductFilters, page: number, limit: number): object {
  return {
    query: {
      bool: {
        must: [{ multi_match: { query, fields: ['title^3', 'description', 'brand^2'], fuzziness: 'AUTO' } }],
        filter: filtersOf(filters),
      },
    },
    sort: [{ _score: { order: 'desc' } }, { rating: { order: 'desc' } }],
    from: (page - 1) * limit,
    size: limit,
  }
}

/** The text's question about words alone, for an engine that is to be warm. @throws OperationFailure */
export async function askTextWords(elasticsearch: ElasticsearchClient, words: string): Promise<void> {
  await elasticsearch.search({ index: PRODUCTS_INDEX, body: bodyOf(words, {}, 1, 24) })
}

/**
 * The text's `search_products` (l.675-727), statement by statement: from/size pages (E-37), a sort by rating that equal
 * scores only would reach (E-36), no look at the status (E-39), products in another order than the hits' (E-40).
 * @throws Refusal `bad-cursor`; OperationFailure `unavailable` or `timeout`: nothing answers in Elasticsearch's place (E-41)
 */
export async function searchProducts(
  { elasticsearch, postgres }: Services,
  { query, filters, after, limit }: Parameters<CommerceApplication['search']>[0],
  { cost }: Context,
): Promise<SearchPage> {
  const page = pageOf(after)
  const body = bodyOf(query, filters, page, limit)
  const { hits, total, relation } = await elasticsearch.search({ index: PRODUCTS_INDEX, body }, cost)
  const products = await getProductsBatch(
    postgres,
    hits.map(({ id }) => id),
    cost,
  )
  const next = hits.length < limit ? undefined : String(page + 1)
  return { products, total, relation, next, degraded: false }
}
