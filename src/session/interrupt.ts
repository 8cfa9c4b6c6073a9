import type { Progress } from '../core/population.ts'

/** Thrown to leave a step after the first Ctrl-C; the run then ends in order, with a partial report. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'

  constructor() {
    super('interrupted')
  }
}

/** Throws when the run was interrupted. */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted()
}

/** Progress that ends the step which reports it once the run was interrupted: seeding resumes where it stood. */
export function interruptible(progress: Progress, signal: AbortSignal): Progress {
  return (step, done, total, unit) => {
    throwIfInterrupted(signal)
    progress(step, done, total, unit)
  }
}
