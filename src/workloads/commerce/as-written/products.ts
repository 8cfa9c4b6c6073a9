import type { Cost } from '../../../core/cost.ts'
import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { PostgresQueries } from '../../../stores/postgres/client.ts'
import type {
  CommerceApplication,
  ProductChange,
  ProductList,
  ProductPage,
  ProductView,
} from '../application.ts'
import { indexProduct } from './index-product.ts'
import { decimalOf, minorOf } from './money.ts'
import { pageOf } from './pages.ts'
import type { Services } from './services.ts'

/** What `place_order` needs of a product. */
interface Product {
  readonly seller_id: bigint
  readonly title: string
  readonly price: string
  readonly primary_image: string | null
}

interface ProductRow {
  readonly product_id: bigint
  readonly seller_id: bigint
  readonly title: string
  readonly description: string
  readonly brand: string
  readonly category_id: number
  readonly price: string
  readonly currency: string
  readonly images: readonly string[]
  readonly rating_sum: number
  readonly review_count: number
  readonly version: bigint
}

const GET_PRODUCT = {
  name: 'as_written_get_product',
  text: `SELECT p.seller_id, p.title, p.price, i.image_url AS primary_image
         FROM products p LEFT JOIN product_images i ON i.product_id = p.product_id AND i.is_primary
         WHERE p.product_id = $1`,
}

const GET_PRICE = {
  name: 'as_written_get_product_price',
  text: 'SELECT price FROM products WHERE product_id = $1',
}

const GET_BATCH = {
  name: 'as_written_get_products_batch',
  text: `SELECT p.product_id, p.seller_id, p.title, coalesce(p.description, '') AS description,
                coalesce(p.brand, '') AS brand, p.category_id, p.price, p.currency, i.images, r.rating_sum, r.review_count,
                (extract(epoch FROM p.updated_at) * 1000)::bigint AS version
         FROM products p
         CROSS JOIN LATERAL (SELECT coalesce(array_agg(image_url ORDER BY display_order), '{}') AS images
           FROM product_images WHERE product_id = p.product_id) i
         CROSS JOIN LATERAL (SELECT coalesce(sum(rating), 0)::int AS rating_sum, count(*)::int AS review_count
           FROM reviews WHERE product_id = p.product_id) r
         WHERE p.product_id = ANY($1::bigint[])`,
}

const GET_STOCK = {
  name: 'as_written_stock',
  text: 'SELECT coalesce(sum(quantity_available), 0)::int AS units FROM inventory WHERE product_id = $1',
}

const BROWSE = {
  name: 'as_written_browse',
  text: `SELECT product_id FROM products
         WHERE category_id = $1 AND ($2::text IS NULL OR brand = $2) AND price >= $3::numeric AND price <= $4::numeric
           AND status = 'active'
         ORDER BY price, product_id LIMIT $5 OFFSET $6`,
}

const UPDATE_PRODUCT = {
  name: 'as_written_update_product',
  text: `UPDATE products SET title = coalesce($2, title), price = coalesce($3::numeric, price),
                status = coalesce($4, status), updated_at = now()
         WHERE product_id = $1
         RETURNING (extract(epoch FROM updated_at) * 1000)::bigint AS version`,
}

/** More than any price of `DECIMAL(10, 2)`. */
const DEAREST_MINOR = 10n ** 10n

function viewOf(row: ProductRow): ProductView {
  return {
    productId: row.product_id,
    sellerId: row.seller_id,
    sellerName: '',
    title: row.title,
    description: row.description,
    brand: row.brand,
    categoryId: row.category_id,
    priceMinor: minorOf(row.price),
    currency: row.currency,
    imageUrls: row.images,
    ratingSum: row.rating_sum,
    reviewCount: row.review_count,
    version: row.version,
  }
}

/**
 * The text's `get_product` (l.614), whatever the product's status (E-28).
 * @throws Refusal `unknown-product` where the text would go on with nothing (E-29)
 */
export async function getProduct(queries: PostgresQueries, productId: bigint, cost: Cost): Promise<Product> {
  const [product] = await queries.query<Product>(GET_PRODUCT, [productId], cost)
  if (product === undefined) throw new Refusal('unknown-product')
  return product
}

/**
 * The text's `get_product_price` (l.597), in minor units.
 * @throws Refusal `unknown-product` where the text would multiply nothing (E-29)
 */
export async function getProductPrice(
  queries: PostgresQueries,
  productId: bigint,
  cost: Cost,
): Promise<bigint> {
  const [row] = await queries.query<{ price: string }>(GET_PRICE, [productId], cost)
  if (row === undefined) throw new Refusal('unknown-product')
  return minorOf(row.price)
}

/** The text's `get_products_batch` (l.721): products in the order in which the database finds them (E-40). */
export async function getProductsBatch(
  queries: PostgresQueries,
  productIds: readonly (bigint | string)[],
  cost: Cost,
): Promise<readonly ProductView[]> {
  const rows = await queries.query<ProductRow>(GET_BATCH, [productIds], cost)
  return rows.map(viewOf)
}

/**
 * The text has no code for this: the obvious one reads the product and its stock, from the database each time.
 * @throws Refusal `unknown-product`
 */
export async function readProduct(
  { postgres }: Services,
  { productId }: Parameters<CommerceApplication['readProduct']>[0],
  { cost }: Context,
): Promise<ProductPage> {
  const [product] = await getProductsBatch(postgres, [productId], cost)
  if (product === undefined) throw new Refusal('unknown-product')
  const [stock] = await postgres.query<{ units: number }>(GET_STOCK, [productId], cost)
  return { product, unitsAvailable: stock?.units ?? 0 }
}

/**
 * The text has no code for this: the obvious one lists by index (l.391) and pages by offset, as its search does.
 * @throws Refusal `bad-cursor`
 */
export async function browse(
  { postgres }: Services,
  { filters, after, limit }: Parameters<CommerceApplication['browse']>[0],
  { cost }: Context,
): Promise<ProductList> {
  const page = pageOf(after)
  const values = [
    filters.categoryId,
    filters.brand ?? null,
    decimalOf(filters.priceMinMinor ?? 0n),
    decimalOf(filters.priceMaxMinor ?? DEAREST_MINOR),
    limit,
    (page - 1) * limit,
  ]
  const rows = await postgres.query<{ product_id: bigint }>(BROWSE, values, cost)
  const ids = rows.map((row) => row.product_id)
  const products = await getProductsBatch(postgres, ids, cost)
  return { products, next: ids.length < limit ? undefined : String(page + 1) }
}

/**
 * The text has no code for this: the obvious one updates the row and then calls its `index_product`; a crash in between
 * leaves the index as it was (E-35).
 * @throws Refusal `unknown-product`
 */
export async function updateProduct(
  { postgres, elasticsearch }: Services,
  { productId, title, priceMinor, status }: Parameters<CommerceApplication['updateProduct']>[0],
  { cost }: Context,
): Promise<ProductChange> {
  const price = priceMinor === null ? null : decimalOf(priceMinor)
  const values = [productId, title, price, status]
  const [row] = await postgres.query<{ version: bigint }>(UPDATE_PRODUCT, values, cost)
  if (row === undefined) throw new Refusal('unknown-product')
  await indexProduct(postgres, elasticsearch, productId, cost)
  return { version: row.version, isIndexed: true }
}
