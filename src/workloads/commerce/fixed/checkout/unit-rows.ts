import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import type { CommercePopulation } from '../../population.ts'
import { HOT_PRODUCTS } from '../../model.ts'
import { retryConflicts } from '../retry.ts'
import { PLACE_ORDER, placedOrder, placeOrderValues } from './checkout.ts'
import type { Checkout, PlaceOrderRow } from './checkout.ts'

// All of schemas/commerce/unit-rows.sql.
const CHOOSE: Statement = { name: 'commerce_choose_hot', text: 'SELECT choose_hot_products($1)' }
const KEEP: Statement = { name: 'commerce_keep_pools', text: 'SELECT keep_pools() AS folded' }
const LEFT: Statement = {
  name: 'commerce_takings_left',
  text: 'SELECT EXISTS (SELECT FROM unit_takings) AS left',
}

/** The products that get a row a unit: the most wanted ones, and the one that sells out. */
export function hotProducts(population: CommercePopulation): readonly bigint[] {
  const count = Math.min(HOT_PRODUCTS, population.size)
  const wanted = Array.from({ length: count }, (_, rank) => population.productOfRank(rank))
  return [...new Set([...wanted, population.scarce])].map((product) => population.productId(product))
}

/** Makes these products hot, and no others; none where another strategy is chosen. Idempotent. */
export async function chooseHotProducts(
  queries: PostgresQueries,
  products: readonly bigint[],
): Promise<void> {
  await queries.query(CHOOSE, [products])
}

/** Counts in the stock rows what was taken from their pools, and fills pools again. Answers how many takings there were. */
export async function keepPools(queries: PostgresQueries): Promise<number> {
  const [row] = await queries.query<{ folded: number }>(KEEP)
  return row?.folded ?? 0
}

/** Whether stock rows have still to learn of something that was taken from their pools. */
export async function areTakingsLeft(queries: PostgresQueries): Promise<boolean> {
  const [row] = await queries.query<{ left: boolean }>(LEFT)
  return row?.left ?? false
}

/**
 * Shopify's way with hot items: a row a unit, taken with SKIP LOCKED, so that nobody waits for one counter; other products
 * as by default (E-43, C-10). The counters follow within a second.
 */
export const unitRows: Checkout = async (services, request, context) => {
  const values = placeOrderValues(services, request, true)
  const [row] = await retryConflicts(context, () =>
    services.postgres.query<PlaceOrderRow>(PLACE_ORDER, values, context.cost),
  )
  return placedOrder(row)
}
