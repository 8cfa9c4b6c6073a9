import { retryConflicts } from '../retry.ts'
import { PLACE_ORDER, placedOrder, placeOrderValues } from './checkout.ts'
import type { Checkout, PlaceOrderRow } from './checkout.ts'

/** The same function at SERIALIZABLE; the whole transaction is tried again on a conflict, within the budget (E-07, E-09). */
export const serializable: Checkout = async (services, request, context) => {
  const values = placeOrderValues(services, request, false)
  const [row] = await retryConflicts(context, () =>
    services.postgres.transaction(async (queries) => {
      await context.faultPoint('order.begun')
      const rows = await queries.query<PlaceOrderRow>(PLACE_ORDER, values, context.cost)
      await context.faultPoint('order.before-commit')
      return rows
    }, 'BEGIN ISOLATION LEVEL SERIALIZABLE'),
  )
  return placedOrder(row)
}
