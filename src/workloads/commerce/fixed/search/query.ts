import { Refusal } from '../../../../core/errors.ts'
import type { ProductFilters } from '../../application.ts'
import { demandFilters } from '../filters.ts'

const LONGEST = 200
const MOST_WORDS = 12
const MOST_RESULTS = 100

/** What a search asks for, checked. */
export interface SearchTerms {
  readonly words: string
  readonly filters: ProductFilters
  readonly limit: number
}

/**
 * Checks what comes from outside.
 * @throws Refusal `bad-query`, `bad-filter`
 */
export function searchTerms(query: string, filters: ProductFilters, limit: number): SearchTerms {
  const words = query.normalize('NFKC').trim().replaceAll(/\s+/g, ' ')
  const isLong = words.length > LONGEST || words.split(' ').length > MOST_WORDS
  // PostgreSQL, which answers in Elasticsearch's place, takes no text with a NUL.
  if (!/[\p{L}\p{N}]/u.test(words) || words.includes('\0') || isLong) throw new Refusal('bad-query')
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_RESULTS) throw new Refusal('bad-query')
  demandFilters(filters)
  return { words, filters, limit }
}

function filtersOf({ categoryId, brand, priceMinMinor, priceMaxMinor }: ProductFilters): readonly object[] {
  const bounds = {
    ...(priceMinMinor === undefined ? {} : { gte: priceMinMinor.toString() }),
    ...(priceMaxMinor === undefined ? {} : { lte: priceMaxMinor.toString() }),
  }
  return [
    ...(categoryId === undefined ? [] : [{ term: { category: categoryId } }]),
    ...(brand === undefined ? [] : [{ term: { 'brand.exact': brand } }]),
    ...(Object.keys(bounds).length === 0 ? [] : [{ range: { price_minor: bounds } }]),
  ]
}

/**
 * The query of ECM-82 to ECM-87: words anywhere, most in the title, with typing errors forgiven behind the first letter.
 * The rating goes into the score, up to a quarter more for five stars: behind the score it would never decide (E-36).
 * Documents are of active products only: others have tombstones (E-39).
 * @param without ids of products that are left out; scores do not change for that
 */
export function searchBody({ words, filters, limit }: SearchTerms, without: readonly string[]): object {
  return {
    size: limit,
    _source: false,
    query: {
      function_score: {
        query: {
          bool: {
            must: [
              {
                multi_match: {
                  query: words,
                  fields: ['title^3', 'brand^2', 'description'],
                  fuzziness: 'AUTO',
                  prefix_length: 1,
                  max_expansions: 15,
                },
              },
            ],
            filter: filtersOf(filters),
            ...(without.length === 0 ? {} : { must_not: [{ terms: { product_id: without } }] }),
          },
        },
        functions: [{ weight: 1 }, { field_value_factor: { field: 'rating', factor: 0.05, missing: 0 } }],
        score_mode: 'sum',
        boost_mode: 'multiply',
      },
    },
    // Without a last word of their own, equal scores would change places between pages (E-37).
    sort: [{ _score: 'desc' }, { product_id: 'desc' }],
  }
}
