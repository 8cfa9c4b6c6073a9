import type { Cost } from '../../../../core/cost.ts'
import { shardOfId } from '../../../../core/snowflake.ts'
import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import type { OrderLine, OrderRequest } from '../../application.ts'
import { shares } from '../../model.ts'
import { requestHash } from '../lines.ts'
import { orderNumberOf } from '../order-number.ts'
import type { PlaceOrderRow } from './checkout.ts'
import type { Hold, StockHint } from './saga-plan.ts'

/** Seconds in which an order comes into being or never does: thrice the longest time that a customer waits for it. */
export const LEASE_SECONDS = 30

/** What every step of one order works with. */
export interface Saga {
  readonly queries: PostgresQueries
  readonly cost: Cost
  readonly request: OrderRequest
  /** Merged, products ascending. */
  readonly lines: readonly OrderLine[]
  /** Minted before anything is done (E-16). */
  readonly orderId: bigint
}

// Each is one function of schemas/commerce/saga.sql: one transaction on one shard.
const CLAIM: Statement = {
  name: 'commerce_saga_claim',
  text: `SELECT verdict, placed, total, money, is_replay, nearest
FROM claim_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
}
const HINTS: Statement = {
  name: 'commerce_saga_hints',
  text: 'SELECT product_id, inventory_id, warehouse_id, units FROM stock_hints($1)',
}
const RESERVE: Statement = {
  name: 'commerce_saga_reserve',
  text: 'SELECT reserve_at($1, $2, $3, $4, $5, $6) AS held',
}
const FINISH: Statement = {
  name: 'commerce_saga_finish',
  text: `SELECT verdict, placed, total, money, is_replay
FROM finish_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
}
const CONFIRM: Statement = { name: 'commerce_saga_confirm', text: 'SELECT confirm_at($1, $2::smallint, $3)' }
const ABANDON: Statement = { name: 'commerce_saga_abandon', text: 'SELECT abandon_order($1) AS placed' }
const RELEASE: Statement = { name: 'commerce_saga_release', text: 'SELECT release_at($1, $2::smallint)' }

function demanded(lines: readonly OrderLine[]): readonly (readonly (number | bigint)[])[] {
  return [
    lines.map((line) => line.productId),
    lines.map((line) => line.quantity),
    lines.map((line) => line.seenPriceMinor),
  ]
}

/** The answer to a claim, and all warehouses, the nearest first. */
export type Claim = PlaceOrderRow & { readonly nearest: readonly number[] | null }

/** Claims the key for the order, and quotes it: on the customer's shard. */
export async function claim({ queries, cost, request, lines, orderId }: Saga): Promise<Claim | undefined> {
  const { customerId, addressId, currency, key } = request
  const hash = requestHash(request, lines)
  const values = [customerId, orderId, addressId, currency, key, hash, ...demanded(lines), LEASE_SECONDS]
  const [row] = await queries.query<Claim>(CLAIM, values, cost)
  return row
}

/** What the warehouses have of an order's products. */
export function hint({ queries, cost, lines }: Saga): Promise<StockHint[]> {
  return queries.query<StockHint>(HINTS, [lines.map((line) => line.productId)], cost)
}

/** Holds units in one warehouse, and answers which holds came about. */
export async function reserveAt(saga: Saga, holds: readonly Hold[]): Promise<readonly Hold[]> {
  const [row] = await saga.queries.query<{ held: readonly number[] }>(
    RESERVE,
    [
      saga.orderId,
      saga.request.customerId,
      holds.map((hold) => hold.line),
      holds.map((hold) => hold.inventoryId),
      holds.map((hold) => hold.units),
      LEASE_SECONDS,
    ],
    saga.cost,
  )
  return holds.filter((hold) => row?.held.includes(hold.line))
}

/** Writes the order: on the customer's shard. A repetition answers the same. */
export async function finish(saga: Saga, held: readonly Hold[]): Promise<PlaceOrderRow | undefined> {
  const { queries, cost, request, lines, orderId } = saga
  const { customerId, addressId, currency, key } = request
  const [row] = await queries.query<PlaceOrderRow>(
    FINISH,
    [
      customerId,
      orderId,
      orderNumberOf(orderId),
      addressId,
      currency,
      key,
      ...demanded(lines),
      held.map((hold) => hold.line),
      held.map((hold) => hold.inventoryId),
      held.map((hold) => hold.warehouseId),
      held.map((hold) => hold.units),
    ],
    cost,
  )
  return row
}

/** The shards on which stock rows are. */
export function shardsOf(holds: readonly Hold[]): readonly number[] {
  return [...new Set(holds.map((hold) => shardOfId(hold.inventoryId)))]
}

/** Reserves what an order that is there holds on each of the shards. */
export async function confirmAt(
  queries: PostgresQueries,
  orderId: bigint,
  shards: readonly number[],
  cost?: Cost,
): Promise<void> {
  await Promise.all(shards.map((shard) => queries.query(CONFIRM, [orderId, shard, shares.hold.value], cost)))
}

/** Sees to it that an order will not come into being; true when it has. */
export async function abandon(queries: PostgresQueries, orderId: bigint, cost?: Cost): Promise<boolean> {
  const [row] = await queries.query<{ placed: boolean }>(ABANDON, [orderId], cost)
  return row?.placed === true
}

/** Frees what an abandoned order holds on each of the shards. */
export async function releaseAt(
  queries: PostgresQueries,
  orderId: bigint,
  shards: readonly number[],
  cost?: Cost,
): Promise<void> {
  await Promise.all(shards.map((shard) => queries.query(RELEASE, [orderId, shard], cost)))
}
