import { Refusal } from '../../../../core/errors.ts'
import { shardOfId } from '../../../../core/snowflake.ts'
import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import type { OrderLine } from '../../application.ts'
import type { Checkout } from '../../fixed/checkout/checkout.ts'
import { orderNumberOf } from '../../fixed/order-number.ts'

// The text's statements (l.549-627) over the tables of the fixed variant, whose rules they follow as far as they must: the
// shard is named, the version counted, and the order's id made before its reservations (E-16).
const SELECT: Statement = {
  name: 'experiment_text_select',
  text: `SELECT inventory_id, warehouse_id, quantity_available FROM inventory
WHERE product_id = $1 AND quantity_available >= $2 ORDER BY warehouse_id LIMIT 1 FOR UPDATE`,
}
const RESERVE: Statement = {
  name: 'experiment_text_reserve',
  text: `UPDATE inventory SET quantity_available = quantity_available - $2, quantity_reserved = quantity_reserved + $2,
  version = version + 1, last_updated = now() WHERE shard = shard_of($1) AND inventory_id = $1 RETURNING version`,
}
const LEDGER: Statement = {
  name: 'experiment_text_ledger',
  text: `INSERT INTO inventory_transactions (transaction_id, inventory_id, order_id, inventory_version, delta_available,
  delta_reserved, delta_sold, transaction_type, created_by, shard)
VALUES (next_transaction_id($1), $1, $2, $3, -$4::integer, $4, 0, 'reserve', concat('customer:', $5::bigint), shard_of($1))`,
}
const ORDER: Statement = {
  name: 'experiment_text_order',
  text: `INSERT INTO orders (order_id, customer_id, order_number, subtotal_minor, tax_minor, shipping_minor, total_minor,
  currency, shipping_address_id, created_at, shard)
VALUES ($1, $2, $3, $4, 0, 0, $4, 'USD', $5, time_of($1), shard_of($1))`,
}
const ITEM: Statement = {
  name: 'experiment_text_item',
  text: `INSERT INTO order_items (order_id, product_id, seller_id, unit_price_minor, subtotal_minor, quantity, line_number,
  product_title, shard)
SELECT $1, p.product_id, p.seller_id, p.price_minor, p.price_minor * $3::integer, $3, $4, p.title, shard_of($1)
FROM product_directory d JOIN products p ON p.category_id = d.category_id AND p.product_id = d.product_id
WHERE d.product_id = $2`,
}

/** How the text's checkout is run. */
export interface TextWays {
  readonly isolation: 'SERIALIZABLE' | 'READ COMMITTED'
  /** Whether lines are locked in the order of their products (E-08), and not in the cart's. */
  readonly isSorted: boolean
}

interface StockRow {
  readonly inventory_id: bigint
  readonly warehouse_id: number
  readonly quantity_available: number
}

/** One line's stock: from the lowest warehouse that has all of it (E-11, E-15). */
async function reserve(
  queries: PostgresQueries,
  { productId, quantity }: OrderLine,
  orderId: bigint,
  customerId: bigint,
): Promise<void> {
  const [stock] = await queries.query<StockRow>(SELECT, [productId, quantity])
  if (stock === undefined) throw new Refusal('out-of-stock')
  const [changed] = await queries.query<{ version: bigint }>(RESERVE, [stock.inventory_id, quantity])
  await queries.query(LEDGER, [stock.inventory_id, orderId, changed?.version ?? null, quantity, customerId])
}

/**
 * The text's own checkout: a statement a step, one transaction, no second try (E-07). Prices are those that the customer saw,
 * and tax and shipping are left out: what the text computes between its statements would hold the locks for longer (E-25).
 */
export function textCheckout({ isolation, isSorted }: TextWays): Checkout {
  return ({ postgres, ids }, request) => {
    const { customerId, addressId } = request
    const lines = isSorted
      ? request.lines.toSorted((one, other) => (one.productId < other.productId ? -1 : 1))
      : request.lines
    return postgres.transaction(async (queries) => {
      const orderId = ids.next(shardOfId(customerId))
      for (const line of lines) await reserve(queries, line, orderId, customerId)
      const totalMinor = lines.reduce((sum, line) => sum + line.seenPriceMinor * BigInt(line.quantity), 0n)
      const orderNumber = orderNumberOf(orderId)
      await queries.query(ORDER, [orderId, customerId, orderNumber, totalMinor, addressId])
      for (const [index, { productId, quantity }] of lines.entries())
        await queries.query(ITEM, [orderId, productId, quantity, index + 1])
      return { orderId, orderNumber, totalMinor, currency: 'USD', replayed: false }
    }, `BEGIN ISOLATION LEVEL ${isolation}`)
  }
}
