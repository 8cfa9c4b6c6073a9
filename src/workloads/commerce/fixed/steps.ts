import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import { obey } from '../../../patterns/verdict.ts'
import type { SqlValue, Statement } from '../../../stores/postgres/client.ts'
import type { Changed } from '../application.ts'
import { demandId, demandWhole, isText } from './bounds.ts'
import { demandQuantity } from './lines.ts'
import { retryConflicts } from './retry.ts'
import type { Services } from './services.ts'

const LONGEST_TRACKING = 100
/** The numbers of lines are 16 bits, those of warehouses 32. */
const LAST_LINE = 2 ** 15 - 1
const LAST_WAREHOUSE = 2 ** 31 - 1

interface StepRow {
  readonly verdict: string
  readonly changed: boolean
}

// Each is one function of schemas/commerce/fulfilment.sql: one round trip, one transaction; a repeated step changes nothing.
const CAPTURE: Statement = {
  name: 'commerce_capture',
  text: 'SELECT verdict, changed FROM capture_payment($1, $2)',
}
const CANCEL: Statement = {
  name: 'commerce_cancel',
  text: 'SELECT verdict, changed FROM cancel_order($1, $2)',
}
const REFUND: Statement = {
  name: 'commerce_refund',
  text: 'SELECT verdict, changed FROM refund_order($1, $2)',
}
const FORWARD: Statement = {
  name: 'commerce_forward',
  text: 'SELECT verdict, changed FROM forward_order($1, $2, $3)',
}
const RETURN: Statement = {
  name: 'commerce_return',
  text: 'SELECT verdict, changed FROM return_item($1, $2, $3::smallint)',
}
const RESTOCK: Statement = {
  name: 'commerce_restock',
  text: 'SELECT verdict, true AS changed FROM restock($1, $2, $3)',
}

async function step(
  services: Services,
  statement: Statement,
  values: readonly SqlValue[],
  context: Context,
): Promise<Changed> {
  const [row] = await retryConflicts(context, () =>
    services.postgres.query<StepRow>(statement, values, context.cost),
  )
  obey(row?.verdict)
  return { changed: row?.changed === true }
}

/** Takes the money for an order, once (E-14, ECM-78). @throws Refusal `unknown-order`, `cancelled` */
export async function capturePayment(
  services: Services,
  { orderId }: { orderId: bigint },
  context: Context,
): Promise<Changed> {
  demandId(orderId, 'unknown-order')
  return step(services, CAPTURE, [orderId, services.ids.next(shardOfId(orderId))], context)
}

/** Takes an order back before it ships (ECM-78). @throws Refusal `unknown-order`, `too-late` */
export async function cancelOrder(
  services: Services,
  { customerId, orderId }: { customerId: bigint; orderId: bigint },
  context: Context,
): Promise<Changed> {
  demandId(orderId, 'unknown-order')
  demandId(customerId, 'unknown-order')
  return step(services, CANCEL, [customerId, orderId], context)
}

/** Gives the money back, once (ECM-78). @throws Refusal `unknown-order`, `not-paid`, `not-returned` */
export async function refundOrder(
  services: Services,
  { orderId }: { orderId: bigint },
  context: Context,
): Promise<Changed> {
  demandId(orderId, 'unknown-order')
  return step(services, REFUND, [orderId, services.ids.next(shardOfId(orderId))], context)
}

/**
 * Hands an order to the carrier (ECM-51, ECM-58).
 * @throws Refusal `unknown-order`, `not-confirmed`, `invalid-tracking-number`
 */
export async function shipOrder(
  services: Services,
  { orderId, trackingNumber }: { orderId: bigint; trackingNumber: string },
  context: Context,
): Promise<Changed> {
  demandId(orderId, 'unknown-order')
  if (!isText(trackingNumber, LONGEST_TRACKING)) throw new Refusal('invalid-tracking-number')
  return step(services, FORWARD, [orderId, 'shipped', trackingNumber], context)
}

/** Says that an order has arrived. @throws Refusal `unknown-order`, `not-shipped` */
export async function deliverOrder(
  services: Services,
  { orderId }: { orderId: bigint },
  context: Context,
): Promise<Changed> {
  demandId(orderId, 'unknown-order')
  return step(services, FORWARD, [orderId, 'delivered', null], context)
}

/** Takes a line back into stock, once. @throws Refusal `unknown-order`, `not-delivered` */
export async function returnItem(
  services: Services,
  { customerId, orderId, lineNumber }: { customerId: bigint; orderId: bigint; lineNumber: number },
  context: Context,
): Promise<Changed> {
  demandId(orderId, 'unknown-order')
  demandId(customerId, 'unknown-order')
  demandWhole(lineNumber, LAST_LINE, 'unknown-order')
  return step(services, RETURN, [customerId, orderId, lineNumber], context)
}

/** New units in a warehouse (ECM-43). @throws Refusal `invalid-quantity`, `unknown-stock` */
export async function restock(
  services: Services,
  { productId, warehouseId, quantity }: { productId: bigint; warehouseId: number; quantity: number },
  context: Context,
): Promise<Changed> {
  demandQuantity(quantity)
  demandId(productId, 'unknown-stock')
  demandWhole(warehouseId, LAST_WAREHOUSE, 'unknown-stock')
  return step(services, RESTOCK, [productId, warehouseId, quantity], context)
}
