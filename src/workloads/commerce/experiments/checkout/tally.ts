import { OperationFailure, Refusal } from '../../../../core/errors.ts'
import type { PostgresClient, PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'

/** Why an order was lost, as the table counts it. */
type Loss = '40001' | '40P01' | 'out-of-stock' | 'other'

/** What became of the orders of one trial. */
export interface Tally {
  ok: number
  readonly lost: Record<Loss, number>
  /** Times that the database broke a transaction off, whether the order was lost or tried again. */
  conflicts: number
}

/** Nothing yet. */
export function newTally(): Tally {
  return { ok: 0, lost: { '40001': 0, '40P01': 0, 'out-of-stock': 0, other: 0 }, conflicts: 0 }
}

function lossOf(error: unknown): Loss {
  if (error instanceof Refusal) return error.reason === 'out-of-stock' ? 'out-of-stock' : 'other'
  if (!(error instanceof OperationFailure)) throw error
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === '40001' || code === '40P01' ? code : 'other'
}

/** Runs one order and counts how it ended. @throws what is neither a refusal nor a failure: a bug */
export async function count(tally: Tally, order: () => Promise<unknown>): Promise<void> {
  try {
    await order()
    tally.ok += 1
  } catch (error) {
    tally.lost[lossOf(error)] += 1
  }
}

/** The orders that were tried again: conflicts that lost no order. */
export function retriesOf({ conflicts, lost }: Tally): number {
  return conflicts - lost['40001'] - lost['40P01']
}

/** The same PostgreSQL, and a count of the transactions that it broke off. */
export function countingConflicts(postgres: PostgresClient, tally: Tally): PostgresClient {
  const counted = async <Answer>(work: Promise<Answer>): Promise<Answer> => {
    try {
      return await work
    } catch (error) {
      if (error instanceof OperationFailure && error.kind === 'conflict') tally.conflicts += 1
      throw error
    }
  }
  return {
    ...postgres,
    query: (statement, values, cost) => counted(postgres.query(statement, values, cost)),
    transaction: (work, begin) => counted(postgres.transaction(work, begin)),
  }
}

// Of each product, what orders, counters and ledger each say has gone out, against what the ledger says came in.
const OVERSOLD: Statement = {
  name: 'experiment_oversold',
  text: `SELECT coalesce(sum(greatest(0, greatest(i.gone, l.gone, o.gone) - l.came_in)), 0)::integer AS units
FROM (
  SELECT product_id, sum(quantity_reserved + quantity_sold) AS gone FROM inventory GROUP BY 1) i
JOIN (
  SELECT s.product_id, sum(t.delta_reserved + t.delta_sold) AS gone,
    sum(CASE WHEN t.order_id IS NULL THEN t.delta_available ELSE 0 END) AS came_in
  FROM inventory s JOIN inventory_transactions t ON t.shard = s.shard AND t.inventory_id = s.inventory_id
  GROUP BY 1) l USING (product_id)
LEFT JOIN (SELECT product_id, sum(quantity) AS gone FROM order_items GROUP BY 1) o USING (product_id)`,
}

/** Units that went out and never came in, by whichever of order items, counters and ledger says most. */
export async function oversoldUnits(queries: PostgresQueries): Promise<number> {
  const [row] = await queries.query<{ units: number }>(OVERSOLD)
  return row?.units ?? 0
}
