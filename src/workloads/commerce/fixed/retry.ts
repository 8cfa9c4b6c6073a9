import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import { OperationFailure } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'

/** The budget of a checkout, tries included (ECM-07). */
const BUDGET_MS = 1_000
const TRIES = 100

function isConflict(error: unknown): boolean {
  return error instanceof OperationFailure && error.kind === 'conflict'
}

/**
 * Runs a whole transaction again when the database broke it off for another one (40001, 40P01), after a short random
 * pause, within a second and before the deadline (E-07). Everything is read again.
 */
export async function retryConflicts<Answer>(
  context: Context,
  transaction: () => Promise<Answer>,
): Promise<Answer> {
  const until = Math.min(performance.now() + BUDGET_MS, context.deadlineAt)
  try {
    return await transaction()
  } catch (error) {
    if (!isConflict(error)) throw error
    const policy = retry(
      handleWhen((failure) => isConflict(failure) && performance.now() < until),
      { maxAttempts: TRIES, backoff: new ExponentialBackoff({ initialDelay: 2, maxDelay: 50 }) },
    )
    // The conflict that was seen is the policy's first try: the pause and the deadline come before the second.
    let seen: unknown = error
    return await policy.execute(async () => {
      if (seen === undefined) return transaction()
      const conflict = seen
      seen = undefined
      throw conflict
    })
  }
}
