import { OperationFailure } from '../../../core/errors.ts'
import { closedLoop } from '../../../patterns/closed-loop.ts'

const AT_A_TIME = 64
const MILLISECONDS = 5_000

/**
 * Writes for five seconds before anything is measured: the server's code is compiled while it runs, and what comes first
 * would pay for it. @param write writes one message; the number counts them
 */
export async function warmUp(
  write: (number: number) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  let number = 0
  const until = AbortSignal.any([signal, AbortSignal.timeout(MILLISECONDS)])
  await closedLoop(AT_A_TIME, Infinity, until, async () => {
    number += 1
    try {
      await write(number)
    } catch (error) {
      // A server that has just started may be too slow for some.
      if (!(error instanceof OperationFailure)) throw error
    }
  })
}
