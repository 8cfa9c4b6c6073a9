import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { SqlValue, Statement } from '../../../stores/postgres/client.ts'
import type { OrderRequest, PlacedOrder } from '../application.ts'
import { shares } from '../model.ts'
import { demandForm, mergedLines, requestHash } from './lines.ts'
import { orderNumberOf } from './order-number.ts'
import { retryConflicts } from './retry.ts'
import type { Services } from './services.ts'

/** The answer of `place_order` (schemas/commerce/checkout.sql). */
export interface PlaceOrderRow {
  readonly verdict: string
  readonly placed: bigint | null
  readonly total: bigint | null
  readonly money: string | null
  readonly is_replay: boolean
}

/** One call of the function: one round trip, one transaction. */
export const PLACE_ORDER: Statement = {
  name: 'commerce_place_order',
  text: `SELECT verdict, placed, total, money, is_replay
FROM place_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
}

function valuesOf(services: Services, request: OrderRequest): readonly SqlValue[] {
  demandForm(request)
  const lines = mergedLines(request.lines)
  const orderId = services.ids.next(shardOfId(request.customerId))
  return [
    request.customerId,
    orderId,
    orderNumberOf(orderId),
    request.addressId,
    request.currency,
    request.key,
    requestHash(request, lines),
    lines.map((line) => line.productId),
    lines.map((line) => line.quantity),
    lines.map((line) => line.seenPriceMinor),
    shares.hold.value,
  ]
}

async function call(
  services: Services,
  values: readonly SqlValue[],
  context: Context,
): Promise<PlaceOrderRow[]> {
  const { postgres, choice } = services
  if (choice.checkout === 'conditional')
    return postgres.query<PlaceOrderRow>(PLACE_ORDER, values, context.cost)
  return postgres.transaction(
    (queries) => queries.query<PlaceOrderRow>(PLACE_ORDER, values, context.cost),
    'BEGIN ISOLATION LEVEL SERIALIZABLE',
  )
}

/**
 * Places an order: stock reserved, order, items, ledger and event in one durable transaction (ECM-61 to ECM-77). The whole
 * of it is tried again when the database found a conflict, within the request's time (E-07).
 * @throws Refusal with the verdict; see `CommerceApplication.placeOrder`
 */
export async function placeOrder(
  services: Services,
  request: OrderRequest,
  context: Context,
): Promise<PlacedOrder> {
  const values = valuesOf(services, request)
  const [row] = await retryConflicts(context, () => call(services, values, context))
  if (row?.verdict !== 'ok' || row.placed === null || row.total === null || row.money === null)
    throw new Refusal(row?.verdict ?? 'unknown-product')
  return {
    orderId: row.placed,
    orderNumber: orderNumberOf(row.placed),
    totalMinor: row.total,
    currency: row.money,
    replayed: row.is_replay,
  }
}
