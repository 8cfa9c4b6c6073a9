import { Refusal } from '../../../../core/errors.ts'
import type { Context } from '../../../../core/operation.ts'
import { shardOfId } from '../../../../core/snowflake.ts'
import type { SqlValue, Statement } from '../../../../stores/postgres/client.ts'
import type { OrderRequest, PlacedOrder } from '../../application.ts'
import { shares } from '../../model.ts'
import { demandForm, mergedLines, requestHash } from '../lines.ts'
import { orderNumberOf } from '../order-number.ts'
import type { Services } from '../services.ts'

/** What placing an order works with. */
export type CheckoutServices = Pick<Services, 'postgres' | 'ids'>

/** One way to place an order; see `CommerceApplication.placeOrder` for what it refuses. */
export type Checkout = (
  services: CheckoutServices,
  request: OrderRequest,
  context: Context,
) => Promise<PlacedOrder>

/** What the functions of schemas/commerce that place an order answer. */
export interface PlaceOrderRow {
  readonly verdict: string
  readonly placed: bigint | null
  readonly total: bigint | null
  readonly money: string | null
  readonly is_replay: boolean
}

/** One call of `place_order`: one round trip, one transaction. */
export const PLACE_ORDER: Statement = {
  name: 'commerce_place_order',
  text: `SELECT verdict, placed, total, money, is_replay
FROM place_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
}

/**
 * The parameters of `PLACE_ORDER`; the order's id is minted here (E-16).
 * @param pools whether units of hot products are taken as rows of their own (E-43)
 * @throws Refusal for a request that cannot be an order
 */
export function placeOrderValues(
  services: CheckoutServices,
  request: OrderRequest,
  pools: boolean,
): readonly SqlValue[] {
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
    pools,
  ]
}

/** The answer to the customer. @throws Refusal with the verdict, unless it is `ok` */
export function placedOrder(row: PlaceOrderRow | undefined): PlacedOrder {
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
