import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { SqlValue, Statement } from '../../../stores/postgres/client.ts'
import type { Changed, CommerceApplication } from '../application.ts'
import type { Services } from './services.ts'

// The text has statuses and no code that changes them (E-14, E-32): the obvious one is an UPDATE, which asks for no status
// before, and moves no stock.
const CAPTURE: Statement = {
  name: 'as_written_capture',
  text: `UPDATE orders SET status = 'confirmed', payment_status = 'paid', updated_at = NOW()
         WHERE order_id = $1 RETURNING order_id`,
}

const CANCEL: Statement = {
  name: 'as_written_cancel',
  text: `UPDATE orders SET status = 'cancelled', updated_at = NOW()
         WHERE order_id = $1 AND customer_id = $2 RETURNING order_id`,
}

const REFUND: Statement = {
  name: 'as_written_refund',
  text: `UPDATE orders SET payment_status = 'refunded', updated_at = NOW() WHERE order_id = $1 RETURNING order_id`,
}

const SHIP: Statement = {
  name: 'as_written_ship',
  text: `UPDATE orders SET status = 'shipped', tracking_number = $2, updated_at = NOW()
         WHERE order_id = $1 RETURNING order_id`,
}

const DELIVER: Statement = {
  name: 'as_written_deliver',
  text: `UPDATE orders SET status = 'delivered', updated_at = NOW() WHERE order_id = $1 RETURNING order_id`,
}

const MOVE_ITEMS: Statement = {
  name: 'as_written_move_items',
  text: 'UPDATE order_items SET status = $2 WHERE order_id = $1',
}

const RETURN_ITEM: Statement = {
  name: 'as_written_return_item',
  text: `UPDATE order_items SET status = 'returned'
         WHERE order_item_id = (
           SELECT order_item_id FROM order_items WHERE order_id = $1 ORDER BY order_item_id LIMIT 1 OFFSET $2)
         RETURNING order_id`,
}

async function update(
  { postgres }: Services,
  statement: Statement,
  values: readonly SqlValue[],
  { cost }: Context,
): Promise<Changed> {
  const rows = await postgres.query(statement, values, cost)
  if (rows.length === 0) throw new Refusal('unknown-order')
  return { changed: true }
}

/** Takes the money: the order says so, its stock stays reserved (E-14). @throws Refusal `unknown-order` */
export function capturePayment(
  services: Services,
  { orderId }: Parameters<CommerceApplication['capturePayment']>[0],
  context: Context,
): Promise<Changed> {
  return update(services, CAPTURE, [orderId], context)
}

/** Takes an order back, whatever became of it; what it reserved stays reserved (E-13). @throws Refusal `unknown-order` */
export function cancelOrder(
  services: Services,
  { customerId, orderId }: Parameters<CommerceApplication['cancelOrder']>[0],
  context: Context,
): Promise<Changed> {
  return update(services, CANCEL, [orderId, customerId], context)
}

/** Gives the money back, whether or not anything came back (E-32). @throws Refusal `unknown-order` */
export function refundOrder(
  services: Services,
  { orderId }: Parameters<CommerceApplication['refundOrder']>[0],
  context: Context,
): Promise<Changed> {
  return update(services, REFUND, [orderId], context)
}

/** Hands an order to the carrier, paid or not (E-32). @throws Refusal `unknown-order` */
export async function shipOrder(
  services: Services,
  { orderId, trackingNumber }: Parameters<CommerceApplication['shipOrder']>[0],
  context: Context,
): Promise<Changed> {
  const changed = await update(services, SHIP, [orderId, trackingNumber], context)
  await services.postgres.query(MOVE_ITEMS, [orderId, 'shipped'], context.cost)
  return changed
}

/** Says that an order has arrived. @throws Refusal `unknown-order` */
export async function deliverOrder(
  services: Services,
  { orderId }: Parameters<CommerceApplication['deliverOrder']>[0],
  context: Context,
): Promise<Changed> {
  const changed = await update(services, DELIVER, [orderId], context)
  await services.postgres.query(MOVE_ITEMS, [orderId, 'delivered'], context.cost)
  return changed
}

/** Marks a line as returned; its units are not put back (E-14). @throws Refusal `unknown-order` */
export function returnItem(
  services: Services,
  { orderId, lineNumber }: Parameters<CommerceApplication['returnItem']>[0],
  context: Context,
): Promise<Changed> {
  return update(services, RETURN_ITEM, [orderId, lineNumber - 1], context)
}
