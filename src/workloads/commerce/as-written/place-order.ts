import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { PostgresQueries } from '../../../stores/postgres/client.ts'
import type { OrderLine, OrderRequest, PlacedOrder } from '../application.ts'
import { calculateShipping, calculateTax } from './charges.ts'
import { publishOrderCreated } from './events.ts'
import { decimalOf, minorOf } from './money.ts'
import { getProduct, getProductPrice } from './products.ts'
import type { Services } from './services.ts'

const BEGIN = 'BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE'

const SELECT_INVENTORY = {
  name: 'as_written_select_inventory',
  text: `SELECT inventory_id, warehouse_id, quantity_available
         FROM inventory
         WHERE product_id = $1 AND quantity_available >= $2
         ORDER BY warehouse_id
         LIMIT 1
         FOR UPDATE`,
}

const RESERVE = {
  name: 'as_written_reserve',
  text: `UPDATE inventory
         SET quantity_available = quantity_available - $1, quantity_reserved = quantity_reserved + $1, last_updated = NOW()
         WHERE inventory_id = $2`,
}

// No order_id among the columns: there is none yet (E-16).
const RECORD = {
  name: 'as_written_record_reservation',
  text: `INSERT INTO inventory_transactions (inventory_id, transaction_type, quantity_change, created_by)
         VALUES ($1, 'reserve', $2, $3)`,
}

const INSERT_ORDER = {
  name: 'as_written_insert_order',
  text: `INSERT INTO orders (order_id, customer_id, order_number, subtotal, tax, shipping_cost, total,
                             status, payment_status, shipping_address_id)
         VALUES ($1, $2, $3, $4::numeric, $5::numeric, $6::numeric, $7::numeric, 'pending', 'pending', $8)`,
}

const INSERT_ITEM = {
  name: 'as_written_insert_item',
  text: `INSERT INTO order_items (order_id, product_id, seller_id, product_title, product_image_url,
                                  quantity, unit_price, subtotal, warehouse_id, status)
         VALUES ($1, $2, $3, $4, $5, $6, $7::numeric, $8::numeric, $9, 'pending')`,
}

interface StockRow {
  readonly inventory_id: bigint
  readonly warehouse_id: number
}

/** One line's stock, from the lowest warehouse that has all of it (E-11, E-15), locked in the order of the cart (E-08). */
async function reserve(
  queries: PostgresQueries,
  customerId: bigint,
  { productId, quantity }: OrderLine,
  { cost }: Context,
): Promise<number> {
  const [stock] = await queries.query<StockRow>(SELECT_INVENTORY, [productId, quantity], cost)
  if (stock === undefined) throw new Refusal('out-of-stock')
  await queries.query(RESERVE, [quantity, stock.inventory_id], cost)
  await queries.query(RECORD, [stock.inventory_id, -quantity, `customer:${customerId}`], cost)
  return stock.warehouse_id
}

/** The transaction of the text's `place_order`; what it reads of products comes from beside it (E-23, E-24, E-25). */
async function checkout(
  services: Services,
  queries: PostgresQueries,
  request: OrderRequest,
  context: Context,
): Promise<PlacedOrder> {
  const { customerId, addressId, lines } = request
  const { postgres, ids } = services
  const { cost } = context
  const warehouses: number[] = []
  for (const line of lines) {
    warehouses.push(await reserve(queries, customerId, line, context))
    await context.faultPoint('order.line-reserved')
  }

  const orderId = ids.next(shardOfId(customerId))
  const orderNumber = `ORD-${orderId}`
  let subtotal = 0n
  for (const { productId, quantity } of lines)
    subtotal += (await getProductPrice(postgres, productId, cost)) * BigInt(quantity)
  const tax = await calculateTax(postgres, subtotal, addressId, cost)
  const shipping = await calculateShipping(postgres, lines, addressId, cost)
  const total = subtotal + tax + shipping
  const amounts = [subtotal, tax, shipping, total].map(decimalOf)
  await queries.query(INSERT_ORDER, [orderId, customerId, orderNumber, ...amounts, addressId], cost)

  await context.faultPoint('order.before-items')
  for (const [index, { productId, quantity }] of lines.entries()) {
    const product = await getProduct(postgres, productId, cost)
    const values = [
      orderId,
      productId,
      product.seller_id,
      product.title,
      product.primary_image,
      quantity,
      product.price,
      decimalOf(minorOf(product.price) * BigInt(quantity)),
      warehouses[index] ?? null,
    ]
    await queries.query(INSERT_ITEM, values, cost)
  }
  await context.faultPoint('order.before-commit')
  return { orderId, orderNumber, totalMinor: total, currency: 'USD', replayed: false }
}

/**
 * The text's `place_order` (l.530-649), statement by statement: SERIALIZABLE and no second try (E-07), no key that a
 * repeated request would be known by (E-21), nothing validated (E-27), and an event that is published after the commit,
 * whose failure is the caller's (E-19, E-20).
 * @throws Refusal `out-of-stock`, `unknown-address`, `unknown-product`; OperationFailure `conflict`, and whatever Kafka
 *   says of the event of an order that is there
 */
export async function placeOrder(
  services: Services,
  request: OrderRequest,
  context: Context,
): Promise<PlacedOrder> {
  const placed = await services.checkouts.execute(() =>
    services.postgres.transaction((queries) => checkout(services, queries, request, context), BEGIN),
  )
  await context.faultPoint('order.before-publish')
  await publishOrderCreated(services.kafka, placed.orderId, context.cost)
  return placed
}
