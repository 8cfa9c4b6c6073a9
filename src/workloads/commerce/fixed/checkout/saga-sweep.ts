import type { Context } from '../../../../core/operation.ts'
import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import { abandon, confirmAt, LEASE_SECONDS, releaseAt } from './saga-steps.ts'

const UNFINISHED: Statement = {
  name: 'commerce_saga_unfinished',
  text: 'SELECT order_id, places FROM unfinished_orders($1, $2)',
}
const LEFT: Statement = {
  name: 'commerce_saga_left',
  text: `SELECT EXISTS (SELECT FROM reservations WHERE state = 'held')
  OR EXISTS (SELECT FROM idempotency_keys WHERE state = 'in-progress') AS left`,
}

interface UnfinishedRow {
  readonly order_id: bigint
  readonly places: readonly number[]
}

/**
 * Ends orders that a crash has left half-way, once their time is over: one that was written is confirmed, any other is
 * abandoned and what it held is freed (E-06, E-13). Each step can be repeated, so a crash of the sweeper does no harm.
 * Answers how many orders it looked at, at most `most`.
 */
export async function sweepSagas(
  queries: PostgresQueries,
  most: number,
  faultPoint: Context['faultPoint'] = () => undefined,
): Promise<number> {
  const unfinished = await queries.query<UnfinishedRow>(UNFINISHED, [LEASE_SECONDS, most])
  for (const { order_id: orderId, places } of unfinished) {
    const end = (await abandon(queries, orderId)) ? confirmAt : releaseAt
    await faultPoint('sweep.abandoned')
    await end(queries, orderId, places)
  }
  return unfinished.length
}

/** Whether an order is still on its way, or was left half-way. */
export async function areSagasLeft(queries: PostgresQueries): Promise<boolean> {
  const [row] = await queries.query<{ left: boolean }>(LEFT)
  return row?.left ?? false
}
