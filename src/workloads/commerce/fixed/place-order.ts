import type { Context } from '../../../core/operation.ts'
import type { OrderRequest, PlacedOrder } from '../application.ts'
import type { Checkout } from './checkout/checkout.ts'
import { conditional } from './checkout/conditional.ts'
import { saga } from './checkout/saga.ts'
import { serializable } from './checkout/serializable.ts'
import { unitRows } from './checkout/unit-rows.ts'
import type { CommerceChoice, Services } from './services.ts'

/** The ways to place an order, by the value of strategy `checkout`. */
export const checkouts: Readonly<Record<CommerceChoice['checkout'], Checkout>> = {
  conditional,
  serializable,
  'unit-rows': unitRows,
  saga,
}

/**
 * Places an order in the way of the chosen strategy: stock reserved, order, items, ledger and event, durable when it answers
 * (ECM-61 to ECM-77).
 * @throws Refusal with the verdict; see `CommerceApplication.placeOrder`
 */
export function placeOrder(
  services: Services,
  request: OrderRequest,
  context: Context,
): Promise<PlacedOrder> {
  return checkouts[services.choice.checkout](services, request, context)
}
