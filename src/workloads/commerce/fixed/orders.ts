import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import type { OrderItemView, OrderPage, OrderView, SellerOrder } from '../application.ts'
import { demandId, demandLimit } from './bounds.ts'
import type { Services } from './services.ts'

interface OrderRow {
  readonly order_id: bigint
  readonly order_number: string
  readonly status: string
  readonly payment_status: string
  readonly subtotal_minor: bigint
  readonly tax_minor: bigint
  readonly shipping_minor: bigint
  readonly discount_minor: bigint
  readonly total_minor: bigint
  readonly currency: string
  readonly lines: readonly number[]
  readonly products: readonly bigint[]
  readonly titles: readonly string[]
  readonly quantities: readonly number[]
  readonly prices: readonly bigint[]
  readonly subtotals: readonly bigint[]
  readonly statuses: readonly string[]
}

const ITEMS = `CROSS JOIN LATERAL (
  SELECT array_agg(i.line_number::integer ORDER BY i.line_number) AS lines,
    array_agg(i.product_id ORDER BY i.line_number) AS products,
    array_agg(i.product_title::text ORDER BY i.line_number) AS titles,
    array_agg(i.quantity ORDER BY i.line_number) AS quantities,
    array_agg(i.unit_price_minor ORDER BY i.line_number) AS prices,
    array_agg(i.subtotal_minor ORDER BY i.line_number) AS subtotals,
    array_agg(i.status::text ORDER BY i.line_number) AS statuses
  FROM order_items i WHERE i.shard = o.shard AND i.order_id = o.order_id) items`

const COLUMNS = `o.order_id, o.order_number, o.status, o.payment_status, o.subtotal_minor, o.tax_minor, o.shipping_minor,
  o.discount_minor, o.total_minor, o.currency, items.*`

// A customer's orders are on the customer's shard (ECM-91); newest first, so that the newest months answer.
const LIST: Statement = {
  name: 'commerce_list_orders',
  text: `SELECT ${COLUMNS}
FROM (SELECT * FROM orders WHERE shard = $1 AND customer_id = $2 AND order_id < $3 ORDER BY order_id DESC LIMIT $4) o
${ITEMS} ORDER BY o.order_id DESC`,
}

const READ: Statement = {
  name: 'commerce_read_order',
  text: `SELECT ${COLUMNS}
FROM (SELECT * FROM orders WHERE shard = $1 AND order_id = $2 AND customer_id = $3) o ${ITEMS}`,
}

const SELLER: Statement = {
  name: 'commerce_seller_orders',
  text: `SELECT order_id, units, subtotal_minor, status FROM seller_orders
WHERE seller_id = $1 AND order_id < $2 ORDER BY order_id DESC LIMIT $3`,
}

/** Above every id. */
const NEWEST = 2n ** 63n - 1n

function viewOf(row: OrderRow): OrderView {
  return {
    orderId: row.order_id,
    orderNumber: row.order_number,
    status: row.status,
    paymentStatus: row.payment_status,
    subtotalMinor: row.subtotal_minor,
    taxMinor: row.tax_minor,
    shippingMinor: row.shipping_minor,
    discountMinor: row.discount_minor,
    totalMinor: row.total_minor,
    currency: row.currency,
    items: row.lines.map((lineNumber, at): OrderItemView => ({
      lineNumber,
      productId: row.products[at] ?? 0n,
      title: row.titles[at] ?? '',
      quantity: row.quantities[at] ?? 0,
      unitPriceMinor: row.prices[at] ?? 0n,
      subtotalMinor: row.subtotals[at] ?? 0n,
      status: row.statuses[at] ?? '',
    })),
  }
}

/**
 * A customer's orders with their items, newest first: one shard (ECM-47, ECM-91).
 * @throws Refusal `invalid-limit`, `bad-cursor`, `unknown-customer` for an id that cannot be one
 */
export async function listOrders(
  services: Services,
  request: { customerId: bigint; before: bigint | undefined; limit: number },
  context: Context,
): Promise<OrderPage> {
  const { customerId, before = NEWEST, limit } = request
  demandLimit(limit)
  demandId(before, 'bad-cursor')
  demandId(customerId, 'unknown-customer')
  const values = [shardOfId(customerId), customerId, before, limit]
  const orders = (await services.reads.query<OrderRow>(LIST, values, context.cost)).map(viewOf)
  return { orders, next: orders.length < limit ? undefined : orders.at(-1)?.orderId }
}

/** One order of a customer. @throws Refusal `unknown-order`, also for an order of somebody else */
export async function readOrder(
  services: Services,
  { customerId, orderId }: { customerId: bigint; orderId: bigint },
  context: Context,
): Promise<OrderView> {
  demandId(orderId, 'unknown-order')
  demandId(customerId, 'unknown-order')
  const values = [shardOfId(orderId), orderId, customerId]
  const [row] = await services.reads.query<OrderRow>(READ, values, context.cost)
  if (row === undefined) throw new Refusal('unknown-order')
  return viewOf(row)
}

interface SellerRow {
  readonly order_id: bigint
  readonly units: number
  readonly subtotal_minor: bigint
  readonly status: string
}

/**
 * What was ordered from a seller, newest first, from the read model (E-45, ECM-60).
 * @throws Refusal `invalid-limit`, `bad-cursor`, `unknown-seller` for an id that cannot be one
 */
export async function listSellerOrders(
  services: Services,
  request: { sellerId: bigint; before: bigint | undefined; limit: number },
  context: Context,
): Promise<{ orders: readonly SellerOrder[]; next: bigint | undefined }> {
  const { sellerId, before = NEWEST, limit } = request
  demandLimit(limit)
  demandId(before, 'bad-cursor')
  demandId(sellerId, 'unknown-seller')
  const rows = await services.reads.query<SellerRow>(SELLER, [sellerId, before, limit], context.cost)
  const orders = rows.map((row) => ({
    orderId: row.order_id,
    units: row.units,
    subtotalMinor: row.subtotal_minor,
    status: row.status,
  }))
  return { orders, next: orders.length < limit ? undefined : orders.at(-1)?.orderId }
}
