import { ExponentialBackoff, handleType, retry, TaskCancelledError } from 'cockatiel'
import { OperationFailure } from '../../../../core/errors.ts'

/** A minute of attempts: what a store refuses for longer is left to its TTL. */
const ATTEMPTS = 8
const FIRST_MS = 100
const LONGEST_MS = 15_000

/** Deletes that nobody waits for, and that must happen all the same. */
export interface Cleanups {
  /** @param clean may be run several times */
  run(clean: () => Promise<unknown>): void
  isEmpty(): boolean
  close(): void
}

/** Cleanups of one gateway: each is tried again while the store does not do it. */
export function openCleanups(): Cleanups {
  const end = new AbortController()
  const again = retry(handleType(OperationFailure), {
    maxAttempts: ATTEMPTS,
    backoff: new ExponentialBackoff({ initialDelay: FIRST_MS, maxDelay: LONGEST_MS }),
  })
  let underWay = 0

  async function clean(work: () => Promise<unknown>): Promise<void> {
    underWay += 1
    try {
      await again.execute(work, end.signal)
    } catch (error) {
      if (!(error instanceof OperationFailure) && !(error instanceof TaskCancelledError)) throw error
    } finally {
      underWay -= 1
    }
  }

  return {
    run: (work) => void clean(work),
    isEmpty: () => underWay === 0,
    close: () => end.abort(),
  }
}
