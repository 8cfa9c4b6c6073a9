import { lock } from 'proper-lockfile'
import { ArchError } from '../core/errors.ts'
import { errorCode, explainFileError } from './files.ts'

/** A holder that was killed is noticed after this; a machine that stood still for less keeps its lock. */
const STALE_MS = 30_000

/**
 * Claims `folder` for one run; a second run is refused at once rather than made to wait.
 * @param what what is being claimed, e.g. `social on this instance`
 * @throws ArchError when another process holds it
 */
export async function claimRun(folder: string, what: string): Promise<() => Promise<void>> {
  try {
    // A lost lock must not crash a run that is being measured: the store's own clone is what a second run would spoil,
    // and that run would have had to wait half a minute of silence.
    return await lock(folder, { stale: STALE_MS, realpath: false, onCompromised: () => undefined })
  } catch (error) {
    if (errorCode(error) !== 'ELOCKED') throw explainFileError(error, `lock ${folder}`)
    throw new ArchError(
      `another run holds ${what}`,
      'Wait for it to end (a killed run is forgotten after 30 s), or use another ARCH_HOME beside it.',
    )
  }
}
