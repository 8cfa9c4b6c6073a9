import { retryConflicts } from '../retry.ts'
import { PLACE_ORDER, placedOrder, placeOrderValues } from './checkout.ts'
import type { Checkout, PlaceOrderRow } from './checkout.ts'

/** Stock by conditional updates, products ascending, at READ COMMITTED: one call of a function (E-08, E-09). The default. */
export const conditional: Checkout = async (services, request, context) => {
  const values = placeOrderValues(services, request, false)
  const [row] = await retryConflicts(context, () =>
    services.postgres.query<PlaceOrderRow>(PLACE_ORDER, values, context.cost),
  )
  return placedOrder(row)
}
