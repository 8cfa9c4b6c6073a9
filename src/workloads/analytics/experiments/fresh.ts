import type { RunningExperiment } from '../../../core/experiment.ts'

/**
 * Opens an experiment on databases of its own: what an earlier one left is dropped before, and what was made so far
 * when the opening fails or is interrupted.
 */
export async function openFresh(
  drop: () => Promise<void>,
  open: () => Promise<Pick<RunningExperiment, 'measure'>>,
): Promise<RunningExperiment> {
  await drop()
  try {
    return { ...(await open()), close: drop }
  } catch (error) {
    // Why it failed says more than why it cannot be cleared away.
    await drop().catch(() => undefined)
    throw error
  }
}
