import type { Check, Operation } from '../../../core/operation.ts'
import { choose, rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import type { CommerceApplication, ProductFilters, SearchPage } from '../application.ts'
import { rates, shares } from '../model.ts'
import type { CommerceWorld } from '../world.ts'
import { CODE } from './code.ts'
import { misspell } from './misspell.ts'

/** ECM-81. */
const PAGE = 24

interface Search {
  readonly query: string
  readonly filters: ProductFilters
}

const filtersHold: Check<Search, SearchPage, CommerceWorld> = {
  name: 'search.filters-hold',
  claims: ['ECM-86', 'ECM-87'],
  defects: ['E-34'],
  check({ filters }, { products }) {
    const { categoryId, priceMinMinor, priceMaxMinor } = filters
    if (categoryId === undefined && priceMinMinor === undefined) return undefined
    const stranger = products.find(
      (product) =>
        (categoryId !== undefined && product.categoryId !== categoryId) ||
        (priceMinMinor !== undefined && product.priceMinor < priceMinMinor) ||
        (priceMaxMinor !== undefined && product.priceMinor > priceMaxMinor),
    )
    return stranger === undefined
      ? true
      : {
          message: `${stranger.productId} (category ${stranger.categoryId}, ${stranger.priceMinor}) is found in spite of the filter`,
        }
  },
}

/** What the words name is sold, so something is found; nothing is found twice. */
const finds: Check<Search, SearchPage, CommerceWorld> = {
  name: 'search.finds',
  claims: ['ECM-82', 'ECM-83', 'ECM-92'],
  defects: ['E-40', 'E-41'],
  check({ query, filters }, { products }) {
    const ids = new Set(products.map(({ productId }) => productId))
    if (ids.size < products.length) return { message: `a product is found twice for "${query}"` }
    if (Object.keys(filters).length > 0) return undefined
    return products.length > 0 ? true : { message: `nothing is found for "${query}"` }
  },
}

/** Words of a product that is wanted: its kind, how it is made, its brand; some with a typing error, some filtered. */
export const searchQuery: Operation<CommerceApplication, CommerceWorld, Search, SearchPage> = {
  name: 'search.query',
  claims: ['ECM-08', 'ECM-81'],
  kind: 'read',
  rate: rates['search.query'],
  targets: [{ percentile: 99, belowMs: 100, claims: ['ECM-08'] }],
  parts: {
    plain: { expectedShare: 1 - shares.filtered.value },
    filtered: { expectedShare: shares.filtered.value },
  },
  checks: [filtersHold, finds],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.searchQuery, arrival)
    const product = world.population.product(world.wantedProduct(uniform(root, 0)))
    const [brand = '', adjective = '', noun = ''] = product.title.split(' ')
    const words = [
      noun,
      ...(uniform(root, 1) < 0.6 ? [adjective] : []),
      ...(uniform(root, 2) < 0.3 ? [brand] : []),
    ]
    if (uniform(root, 3) < shares.misspelt.value) words[0] = misspell(noun, uniform(root, 4))
    if (uniform(root, 5) >= shares.filtered.value) return { query: words.join(' '), filters: {} }
    const low = product.priceMinor - product.priceMinor / 2n
    return {
      query: words.join(' '),
      filters:
        choose(root, 6, 2) === 0
          ? { categoryId: product.categoryId }
          : { priceMinMinor: low, priceMaxMinor: 2n * product.priceMinor },
    }
  },
  run: (application, { query, filters }, context) =>
    application.search({ query, filters, after: undefined, limit: PAGE }, context),
  part: ({ filters }) => (Object.keys(filters).length === 0 ? 'plain' : 'filtered'),
}
