import type { Cost } from '../../../core/cost.ts'
import { together } from '../../../patterns/together.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import type { ProductView } from '../application.ts'

interface ProductRow {
  readonly product_id: bigint
  readonly seller_id: bigint
  readonly seller_name: string
  readonly title: string
  readonly description: string
  readonly brand: string
  readonly category_id: number
  readonly price_minor: bigint
  readonly currency: string
  readonly images: readonly string[]
  readonly rating_sum: number
  readonly review_count: number
  readonly version: bigint
}

// The directory says which partition a product is in: one look instead of one a partition (E-05).
const LOAD: Statement = {
  name: 'commerce_load_products',
  text: `SELECT p.product_id, p.seller_id, s.name AS seller_name, p.title, p.description, coalesce(p.brand, '') AS brand,
  p.category_id, p.price_minor, p.currency, p.rating_sum, p.review_count, p.version, i.images
FROM unnest($1::bigint[]) AS wanted(product_id)
JOIN product_directory d ON d.product_id = wanted.product_id
JOIN products p ON p.category_id = d.category_id AND p.product_id = d.product_id AND p.status = 'active'
JOIN sellers s ON s.seller_id = p.seller_id
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(image_url ORDER BY display_order), '{}') AS images
  FROM product_images WHERE product_id = p.product_id) i`,
}

const AVAILABLE: Statement = {
  name: 'commerce_available',
  text: `SELECT coalesce(stock.units, 0)::integer AS units
FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted(product_id, place)
CROSS JOIN LATERAL (
  SELECT sum(i.quantity_available + i.quantity_pooled - coalesce((
    SELECT sum(t.quantity) FROM unit_takings t WHERE t.shard = i.shard AND t.inventory_id = i.inventory_id), 0)) AS units
  FROM inventory i WHERE i.product_id = wanted.product_id) stock
ORDER BY wanted.place`,
}

/** Statements on their way at a time, and callers that one answers: what is missed meanwhile is asked for by the next. */
const LOADS = { inFlight: 1, atOnce: 64 }

type Products = ReadonlyMap<string, ProductView>

function viewOf(row: ProductRow): ProductView {
  return {
    productId: row.product_id,
    sellerId: row.seller_id,
    sellerName: row.seller_name,
    title: row.title,
    description: row.description,
    brand: row.brand,
    categoryId: row.category_id,
    priceMinor: row.price_minor,
    currency: row.currency,
    imageUrls: row.images,
    ratingSum: row.rating_sum,
    reviewCount: row.review_count,
    version: row.version,
  }
}

/** Loads active products by id, one statement for all that are missed at once; others are not there (ECM-28). */
export function productLoader(
  postgres: PostgresQueries,
): (ids: readonly string[], cost: Cost) => Promise<Products> {
  return together<readonly string[], Products>(async (wanted, cost) => {
    const ids = Array.from(new Set(wanted.flat()), BigInt)
    const rows = await postgres.query<ProductRow>(LOAD, [ids], cost)
    const products = new Map(rows.map((row) => [row.product_id.toString(), viewOf(row)]))
    return wanted.map(() => products)
  }, LOADS)
}

/** Asks how many units of a product can be ordered, one statement for all that are asked for at once. */
export function availabilityLoader(
  postgres: PostgresQueries,
): (productId: bigint, cost: Cost) => Promise<number> {
  return together<bigint, number>(async (wanted, cost) => {
    const rows = await postgres.query<{ units: number }>(AVAILABLE, [wanted], cost)
    return rows.map(({ units }) => units)
  }, LOADS)
}
