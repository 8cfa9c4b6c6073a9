import type { Cost } from '../../../core/cost.ts'
import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { PostgresQueries } from '../../../stores/postgres/client.ts'
import type { CommerceApplication, OrderItemView, OrderPage, OrderView, SellerOrder } from '../application.ts'
import { minorOf } from './money.ts'
import type { Services } from './services.ts'

interface OrderRow {
  readonly order_id: bigint
  readonly order_number: string
  readonly status: string
  readonly payment_status: string | null
  readonly subtotal: string
  readonly tax: string
  readonly shipping_cost: string
  readonly discount: string
  readonly total: string
  readonly currency: string
}

interface ItemRow {
  readonly product_id: bigint
  readonly product_title: string
  readonly quantity: number
  readonly unit_price: string
  readonly subtotal: string
  readonly status: string | null
}

const COLUMNS =
  'order_id, order_number, status, payment_status, subtotal, tax, shipping_cost, discount, total, currency'

const LIST = {
  name: 'as_written_list_orders',
  text: `SELECT ${COLUMNS} FROM orders WHERE customer_id = $1 AND ($2::bigint IS NULL OR order_id < $2)
         ORDER BY created_at DESC, order_id DESC LIMIT $3`,
}

const READ = {
  name: 'as_written_read_order',
  text: `SELECT ${COLUMNS} FROM orders WHERE order_id = $1 AND customer_id = $2`,
}

const ITEMS = {
  name: 'as_written_order_items',
  text: `SELECT product_id, product_title, quantity, unit_price, subtotal, status
         FROM order_items WHERE order_id = $1 ORDER BY order_item_id`,
}

const SELLER = {
  name: 'as_written_seller_orders',
  text: `SELECT order_id, sum(quantity)::int AS units, sum(subtotal)::numeric(12, 2) AS subtotal, min(status) AS status
         FROM order_items WHERE seller_id = $1 AND ($2::bigint IS NULL OR order_id < $2)
         GROUP BY order_id ORDER BY order_id DESC LIMIT $3`,
}

function itemOf(row: ItemRow, index: number): OrderItemView {
  return {
    lineNumber: index + 1,
    productId: row.product_id,
    title: row.product_title,
    quantity: row.quantity,
    unitPriceMinor: minorOf(row.unit_price),
    subtotalMinor: minorOf(row.subtotal),
    status: row.status ?? '',
  }
}

async function viewOf(queries: PostgresQueries, row: OrderRow, cost: Cost): Promise<OrderView> {
  const items = await queries.query<ItemRow>(ITEMS, [row.order_id], cost)
  return {
    orderId: row.order_id,
    orderNumber: row.order_number,
    status: row.status,
    paymentStatus: row.payment_status ?? '',
    subtotalMinor: minorOf(row.subtotal),
    taxMinor: minorOf(row.tax),
    shippingMinor: minorOf(row.shipping_cost),
    discountMinor: minorOf(row.discount),
    totalMinor: minorOf(row.total),
    currency: row.currency,
    items: items.map(itemOf),
  }
}

/** The text has no code for this: the obvious one reads by index (l.487), and the items order by order (E-24). */
export async function listOrders(
  { postgres }: Services,
  { customerId, before, limit }: Parameters<CommerceApplication['listOrders']>[0],
  { cost }: Context,
): Promise<OrderPage> {
  const rows = await postgres.query<OrderRow>(LIST, [customerId, before ?? null, limit], cost)
  const orders: OrderView[] = []
  for (const row of rows) orders.push(await viewOf(postgres, row, cost))
  return { orders, next: orders.length < limit ? undefined : orders.at(-1)?.orderId }
}

/** The text has no code for this: the obvious one. @throws Refusal `unknown-order` */
export async function readOrder(
  { postgres }: Services,
  { customerId, orderId }: Parameters<CommerceApplication['readOrder']>[0],
  { cost }: Context,
): Promise<OrderView> {
  const [row] = await postgres.query<OrderRow>(READ, [orderId, customerId], cost)
  if (row === undefined) throw new Refusal('unknown-order')
  return await viewOf(postgres, row, cost)
}

interface SellerRow {
  readonly order_id: bigint
  readonly units: number
  readonly subtotal: string
  readonly status: string | null
}

/** The text has no code for this: the obvious one adds up items by index (l.517), over all orders of the seller (E-45). */
export async function listSellerOrders(
  { postgres }: Services,
  { sellerId, before, limit }: Parameters<CommerceApplication['listSellerOrders']>[0],
  { cost }: Context,
): Promise<{ orders: readonly SellerOrder[]; next: bigint | undefined }> {
  const rows = await postgres.query<SellerRow>(SELLER, [sellerId, before ?? null, limit], cost)
  const orders = rows.map((row) => ({
    orderId: row.order_id,
    units: row.units,
    subtotalMinor: minorOf(row.subtotal),
    status: row.status ?? '',
  }))
  return { orders, next: orders.length < limit ? undefined : orders.at(-1)?.orderId }
}
