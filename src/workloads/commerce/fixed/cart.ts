import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import { obey } from '../../../patterns/verdict.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import type { Changed } from '../application.ts'
import { demandId } from './bounds.ts'
import { demandQuantity } from './lines.ts'
import type { Services } from './services.ts'

const ADD: Statement = {
  name: 'commerce_cart_add',
  text: `WITH sold AS (
  SELECT d.product_id FROM product_directory d
  JOIN products p ON p.category_id = d.category_id AND p.product_id = d.product_id AND p.status = 'active'
  WHERE d.product_id = $3
), put AS (
  INSERT INTO carts (customer_id, product_id, quantity, shard) SELECT $2, product_id, $4, $1 FROM sold
  ON CONFLICT (shard, customer_id, product_id) DO UPDATE SET quantity = EXCLUDED.quantity
)
SELECT CASE WHEN EXISTS (SELECT FROM sold) THEN 'ok' ELSE 'unknown-product' END AS verdict`,
}

/**
 * Puts a product into a cart, or sets its quantity there: wanted, not held (E-12).
 * @throws Refusal `invalid-quantity`, `unknown-product`, `unknown-customer` for an id that cannot be one
 */
export async function addToCart(
  services: Services,
  { customerId, productId, quantity }: { customerId: bigint; productId: bigint; quantity: number },
  context: Context,
): Promise<Changed> {
  demandQuantity(quantity)
  demandId(productId, 'unknown-product')
  demandId(customerId, 'unknown-customer')
  const values = [shardOfId(customerId), customerId, productId, quantity]
  const [row] = await services.postgres.query<{ verdict: string }>(ADD, values, context.cost)
  obey(row?.verdict)
  return { changed: true }
}
