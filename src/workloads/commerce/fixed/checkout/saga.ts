import { OperationFailure, Refusal } from '../../../../core/errors.ts'
import type { Context } from '../../../../core/operation.ts'
import { shardOfId } from '../../../../core/snowflake.ts'
import type { PlacedOrder } from '../../application.ts'
import { demandForm, mergedLines } from '../lines.ts'
import { placedOrder } from './checkout.ts'
import type { Checkout } from './checkout.ts'
import { isComplete, planHolds, withHolds } from './saga-plan.ts'
import type { Hold } from './saga-plan.ts'
import { abandon, claim, confirmAt, finish, hint, releaseAt, reserveAt, shardsOf } from './saga-steps.ts'
import type { Saga } from './saga-steps.ts'

/** What an order holds, and everything that it has asked for: a lost answer leaves open which it is. */
interface Holdings {
  held: readonly Hold[]
  readonly asked: Hold[]
}

/** Asks the warehouses of a plan at once, and waits for all: what comes about late must not escape a release. */
async function ask(saga: Saga, plan: readonly Hold[], holdings: Holdings, context: Context): Promise<void> {
  holdings.asked.push(...plan)
  const warehouses = Map.groupBy(plan, (hold) => hold.warehouseId)
  const answers = await Promise.allSettled(
    Array.from(warehouses.values(), async (holds) => {
      await context.faultPoint('saga.reserve')
      const held = await reserveAt(saga, holds)
      await context.faultPoint('saga.reserved')
      return held
    }),
  )
  for (const answer of answers) {
    if (answer.status === 'rejected') throw answer.reason
    holdings.held = withHolds(holdings.held, answer.value)
  }
}

/**
 * Holds all units of an order, wherever they are. Somebody else may be faster in a warehouse: then it looks again.
 * @throws Refusal `out-of-stock`; OperationFailure `timeout` at the deadline
 */
async function hold(
  saga: Saga,
  nearest: readonly number[],
  holdings: Holdings,
  context: Context,
): Promise<void> {
  while (!isComplete(saga.lines, holdings.held)) {
    if (performance.now() > context.deadlineAt)
      throw new OperationFailure('timeout', 'no stock was held before the deadline')
    const plan = planHolds(saga.lines, holdings.held, await hint(saga), nearest)
    if (plan === undefined) throw new Refusal('out-of-stock')
    await ask(saga, plan, holdings, context)
  }
}

async function write(saga: Saga, held: readonly Hold[]): Promise<PlacedOrder> {
  const row = await finish(saga, held)
  if (row?.verdict === 'abandoned')
    throw new OperationFailure('timeout', `order ${saga.orderId} took so long that it was abandoned`)
  return placedOrder(row)
}

/** After the order is there nothing may fail it (E-20): where a warehouse does not answer, the sweeper confirms. */
async function confirm(saga: Saga, held: readonly Hold[]): Promise<void> {
  try {
    await confirmAt(saga.queries, saga.orderId, shardsOf(held), saga.cost)
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error
  }
}

/**
 * Takes back what was done for an order, unless it is there after all: the answer to `finish` may have been lost.
 * @throws the cause, when the order is not there; what cannot be taken back now is left to the sweeper
 */
async function compensate(
  saga: Saga,
  holdings: Holdings,
  cause: unknown,
  context: Context,
): Promise<PlacedOrder> {
  const { queries, orderId, cost } = saga
  try {
    if (await abandon(queries, orderId, cost)) return await write(saga, holdings.held)
    await context.faultPoint('saga.abandoned')
    await releaseAt(queries, orderId, shardsOf(holdings.asked), cost)
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error
  }
  throw cause
}

/**
 * Places an order as if stock and orders were in different databases: stock is held warehouse by warehouse, then the order
 * is written on its customer's shard, then what is held is confirmed (E-06). Whatever fails is taken back; what a crash
 * leaves, `sweepSagas` ends. Isolation is what it costs: an order that is taken back has kept others from its units meanwhile.
 */
export const saga: Checkout = async (services, request, context) => {
  demandForm(request)
  const made: Saga = {
    queries: services.postgres,
    cost: context.cost,
    request,
    lines: mergedLines(request.lines),
    orderId: services.ids.next(shardOfId(request.customerId)),
  }
  const claimed = await claim(made)
  if (claimed?.verdict !== 'ok' || claimed.is_replay) return placedOrder(claimed)
  await context.faultPoint('saga.claimed')
  const holdings: Holdings = { held: [], asked: [] }
  let placed: PlacedOrder
  try {
    await hold(made, claimed.nearest ?? [], holdings, context)
    await context.faultPoint('saga.held')
    placed = await write(made, holdings.held)
  } catch (error) {
    placed = await compensate(made, holdings, error, context)
  }
  await context.faultPoint('saga.written')
  await confirm(made, holdings.held)
  return placed
}
