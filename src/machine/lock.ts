import { setTimeout as sleep } from 'node:timers/promises'
import { lock } from 'proper-lockfile'
import { ArchError } from '../core/errors.ts'
import { errorCode, explainFileError } from './files.ts'

// A holder that was killed leaves its lock behind; it counts as stale after this.
const STALE_MS = 5_000
const POLL_MS = 50

/**
 * Runs `work` while no other process holds the lock of `folder`; waits for one that does.
 * @throws ArchError when it is still held after `patienceMs`
 */
export async function withLock<Result>(
  folder: string,
  purpose: string,
  patienceMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const until = performance.now() + patienceMs
  for (;;) {
    let release: (() => Promise<void>) | undefined
    try {
      release = await lock(folder, {
        stale: STALE_MS,
        realpath: false,
        // Lost while the machine slept: what is being started is looked at again by whoever comes next.
        onCompromised: () => undefined,
      })
    } catch (error) {
      if (errorCode(error) !== 'ELOCKED') throw explainFileError(error, `lock ${folder}`)
      if (performance.now() > until) {
        throw new ArchError(
          `another arch process has been busy for ${patienceMs / 1000} s and holds ${folder}: cannot ${purpose}`,
          'Wait for it to end, or use another ARCH_HOME beside it.',
        )
      }
      await sleep(POLL_MS)
      continue
    }
    try {
      return await work()
    } finally {
      await release()
    }
  }
}
