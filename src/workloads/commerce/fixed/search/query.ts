import { z } from 'zod'
import { Refusal } from '../../../../core/errors.ts'
import type { ProductFilters } from '../../application.ts'
import { isText } from '../bounds.ts'
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
  const isLong = words.split(' ').length > MOST_WORDS
  if (!/[\p{L}\p{N}]/u.test(words) || !isText(words, LONGEST) || isLong) throw new Refusal('bad-query')
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

const FIELDS = ['title^3', 'brand^2', 'description']
/** A typing error is forgiven behind this many letters. */
const EXACT_LETTERS = 1

/** Shorter words are taken as they are by `fuzziness: AUTO`. */
const SHORTEST_FUZZY = 3

/** The query's words, some of which may be in no product, though words like them are. */
export interface QueryWords {
  readonly known: string
  readonly misspelt: string
}

const Suggested = z.object({
  words: z.array(
    z.object({ offset: z.number(), length: z.number(), options: z.array(z.object({ text: z.string() })) }),
  ),
})

/**
 * The words that Elasticsearch found in no product (`suggest` of its answer to `searchBody`) apart from the others;
 * undefined where all are known, or nothing is like them.
 */
export function misspeltWords(words: string, suggest: unknown): QueryWords | undefined {
  const wrong = Suggested.parse(suggest).words.filter(({ options }) => options.length > 0)
  if (wrong.length === 0) return undefined
  const misspelt = wrong.map(({ offset, length }) => words.slice(offset, offset + length)).join(' ')
  const known = wrong.reduceRight(
    (rest, { offset, length }) => `${rest.slice(0, offset)} ${rest.slice(offset + length)}`,
    words,
  )
  return { known: known.trim(), misspelt }
}

function matchOf(words: string | QueryWords): object {
  if (typeof words === 'string') return { multi_match: { query: words, fields: FIELDS } }
  const fuzzy = {
    multi_match: {
      query: words.misspelt,
      fields: FIELDS,
      fuzziness: 'AUTO',
      prefix_length: EXACT_LETTERS,
      max_expansions: 15,
    },
  }
  return words.known === '' ? fuzzy : { bool: { should: [fuzzy, matchOf(words.known)] } }
}

/**
 * The query of ECM-82 to ECM-87: words anywhere, most in the title. Typing errors are forgiven in words that no product
 * has: to look for words like each of them costs three times the search (9 ms against 3 of 20,000 products), and is
 * for nothing where the word is right, as most are. Asked for plain words, the answer's `suggest` says which are wrong.
 * The rating goes into the score, up to a quarter more for five stars: behind the score it would never decide (E-36).
 * Documents are of active products only: others have tombstones (E-39).
 * @param without ids of products that are left out; scores do not change for that
 */
export function searchBody(
  { words, filters, limit }: Omit<SearchTerms, 'words'> & { readonly words: string | QueryWords },
  without: readonly string[],
): object {
  return {
    size: limit,
    _source: false,
    query: {
      function_score: {
        query: {
          bool: {
            must: [matchOf(words)],
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
    ...(typeof words === 'string'
      ? {
          suggest: {
            words: {
              text: words,
              term: {
                field: 'words',
                suggest_mode: 'missing',
                prefix_length: EXACT_LETTERS,
                min_word_length: SHORTEST_FUZZY,
                size: 1,
              },
            },
          },
        }
      : {}),
  }
}
