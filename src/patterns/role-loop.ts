import { setTimeout } from 'node:timers/promises'
import { OperationFailure } from '../core/errors.ts'

/** Milliseconds to wait before a store that failed is asked again. */
const RETRY_MS = 250

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds === 0) return
  try {
    await setTimeout(milliseconds, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/**
 * A role's work until the signal: `step` again and again, which answers how many milliseconds to wait before the next.
 * When a store fails, whether its commit took place is not known: the state is read again by `recover`, which says so.
 * Any other error ends the loop.
 */
export async function loopUntil<State>(
  signal: AbortSignal,
  recover: () => Promise<State>,
  step: (state: State) => Promise<number>,
): Promise<void> {
  let state: State | undefined
  while (!signal.aborted) {
    try {
      state ??= await recover()
      await pause(await step(state), signal)
    } catch (error) {
      if (!(error instanceof OperationFailure)) throw error
      state = undefined
      await pause(RETRY_MS, signal)
    }
  }
}
