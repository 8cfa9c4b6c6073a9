import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { Changed, CommerceApplication } from '../application.ts'
import type { Services } from './services.ts'

const ADD_TO_CART = {
  name: 'as_written_cart',
  text: `INSERT INTO carts (customer_id, product_id, quantity) VALUES ($1, $2, $3)
         ON CONFLICT (customer_id, product_id) DO UPDATE SET quantity = EXCLUDED.quantity`,
}

const ADD_STOCK = {
  name: 'as_written_restock',
  text: `UPDATE inventory SET quantity_available = quantity_available + $3, last_updated = NOW()
         WHERE product_id = $1 AND warehouse_id = $2 RETURNING inventory_id`,
}

const RECORD = {
  name: 'as_written_record_restock',
  text: `INSERT INTO inventory_transactions (inventory_id, transaction_type, quantity_change, created_by)
         VALUES ($1, 'restock', $2, $3)`,
}

/** The text has no cart (E-47): the obvious one is a row, whatever its quantity and product (E-27, E-28). */
export async function addToCart(
  { postgres }: Services,
  { customerId, productId, quantity }: Parameters<CommerceApplication['addToCart']>[0],
  { cost }: Context,
): Promise<Changed> {
  await postgres.query(ADD_TO_CART, [customerId, productId, quantity], cost)
  return { changed: true }
}

/**
 * The text has no code for this: the obvious one adds the units and the ledger's row in one transaction.
 * @throws Refusal `unknown-stock`
 */
export function restock(
  { postgres }: Services,
  { productId, warehouseId, quantity }: Parameters<CommerceApplication['restock']>[0],
  { cost }: Context,
): Promise<Changed> {
  return postgres.transaction(async (queries) => {
    const values = [productId, warehouseId, quantity]
    const [stock] = await queries.query<{ inventory_id: bigint }>(ADD_STOCK, values, cost)
    if (stock === undefined) throw new Refusal('unknown-stock')
    await queries.query(RECORD, [stock.inventory_id, quantity, `warehouse:${warehouseId}`], cost)
    return { changed: true }
  })
}
