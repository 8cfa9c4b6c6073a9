import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import type { ProductChange } from '../application.ts'
import { demandId, isAmount, isText } from './bounds.ts'
import type { Services } from './services.ts'

const LONGEST_TITLE = 500

// The event goes with the change, so that the index and every cache hear of it (E-35); the trigger raises the version.
const UPDATE: Statement = {
  name: 'commerce_update_product',
  text: `WITH changed AS (
  UPDATE products p SET title = coalesce($2, p.title), price_minor = coalesce($3, p.price_minor),
    status = coalesce($4, p.status)
  FROM product_directory d
  WHERE d.product_id = $1 AND p.category_id = d.category_id AND p.product_id = d.product_id AND p.status <> 'deleted'
  RETURNING p.product_id, p.version
), told AS (
  INSERT INTO outbox (aggregate_id, kind, payload)
  SELECT product_id, 'product.changed', jsonb_build_object('product', product_id::text, 'version', version::text)
  FROM changed
)
SELECT version FROM changed`,
}

/**
 * Changes a product, and makes every cache forget it (ECM-29, E-46). A deleted one stays deleted.
 * @throws Refusal `unknown-product`, `invalid-price`, `invalid-title`
 */
export async function updateProduct(
  services: Services,
  request: {
    productId: bigint
    title: string | null
    priceMinor: bigint | null
    status: 'active' | 'inactive' | 'deleted' | null
  },
  context: Context,
): Promise<ProductChange> {
  const { productId, title, priceMinor, status } = request
  demandId(productId, 'unknown-product')
  if (priceMinor !== null && !isAmount(priceMinor)) throw new Refusal('invalid-price')
  if (title !== null && !isText(title, LONGEST_TITLE)) throw new Refusal('invalid-title')
  const values = [productId, title, priceMinor, status]
  const [row] = await services.postgres.query<{ version: bigint }>(UPDATE, values, context.cost)
  if (row === undefined) throw new Refusal('unknown-product')
  const id = productId.toString()
  await services.redis.wave(services.products.invalidation([id]), context.cost)
  services.products.forget([id])
  return { version: row.version, isIndexed: false }
}
