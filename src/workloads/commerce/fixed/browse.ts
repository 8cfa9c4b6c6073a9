import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import type { ProductFilters, ProductList, ProductView } from '../application.ts'
import { demandLimit, isAmount, isId, LARGEST_AMOUNT } from './bounds.ts'
import { demandFilters } from './filters.ts'
import type { Services } from './services.ts'

interface Listed {
  readonly product_id: bigint
  readonly price_minor: bigint
}

const CURSOR = /^(\d{1,19})-(\d{1,19})$/

// One partition (ECM-24), in the order of an index: by price, and by brand where one is asked for.
const BY_PRICE: Statement = {
  name: 'commerce_browse',
  text: `SELECT product_id, price_minor FROM products
WHERE category_id = $1 AND price_minor BETWEEN $2 AND $3 AND (price_minor, product_id) > ($4, $5) AND status = 'active'
ORDER BY price_minor, product_id LIMIT $6`,
}
const BY_BRAND: Statement = {
  name: 'commerce_browse_brand',
  text: `SELECT product_id, price_minor FROM products
WHERE category_id = $1 AND brand = $7 AND price_minor BETWEEN $2 AND $3 AND (price_minor, product_id) > ($4, $5)
  AND status = 'active'
ORDER BY price_minor, product_id LIMIT $6`,
}

/** Products in the order of `ids`; those that are gone are left out (E-40). */
export async function hydrate(
  services: Services,
  ids: readonly string[],
  context: Context,
): Promise<readonly ProductView[]> {
  const products = await services.products.getMany(ids, context.cost)
  return products.filter((product) => product !== undefined)
}

function startOf(after: string | undefined): readonly [price: bigint, product: bigint] {
  if (after === undefined) return [-1n, 0n]
  const [, price, product] = CURSOR.exec(after) ?? []
  if (price === undefined || product === undefined || !isAmount(BigInt(price)) || !isId(BigInt(product)))
    throw new Refusal('bad-cursor')
  return [BigInt(price), BigInt(product)]
}

/**
 * Active products of a category, the cheapest first (ECM-15, ECM-24).
 * @throws Refusal `bad-filter`, `bad-cursor`, `invalid-limit`
 */
export async function browse(
  services: Services,
  request: { filters: ProductFilters & { categoryId: number }; after: string | undefined; limit: number },
  context: Context,
): Promise<ProductList> {
  const { filters, after, limit } = request
  demandFilters(filters)
  demandLimit(limit)
  const [price, product] = startOf(after)
  const { categoryId, brand, priceMinMinor = 0n, priceMaxMinor = LARGEST_AMOUNT } = filters
  const values = [categoryId, priceMinMinor, priceMaxMinor, price, product, limit]
  const rows =
    brand === undefined
      ? await services.reads.query<Listed>(BY_PRICE, values, context.cost)
      : await services.reads.query<Listed>(BY_BRAND, [...values, brand], context.cost)
  const last = rows.at(-1)
  const products = await hydrate(
    services,
    rows.map((row) => row.product_id.toString()),
    context,
  )
  const next =
    last === undefined || rows.length < limit ? undefined : `${last.price_minor}-${last.product_id}`
  return { products, next }
}
