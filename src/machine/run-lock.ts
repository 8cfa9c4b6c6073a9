import { rm } from 'node:fs/promises'
import { lock } from 'proper-lockfile'
import { z } from 'zod'
import { ArchError } from '../core/errors.ts'
import { errorCode, explainFileError, readIfThere, writeFileAtomic } from './files.ts'
import { withLock } from './lock.ts'
import { identify, isAlive } from './process.ts'
import type { ProcessIdentity } from './process.ts'

/** A holder that stood still for less keeps its lock; one that is known to be dead loses it at once. */
const STALE_MS = 30_000
const CLAIM_PATIENCE_MS = 10_000

const HolderSchema: z.ZodType<ProcessIdentity> = z.object({ pid: z.number().int(), started: z.string() })

/** Who claimed last; undefined where nobody wrote it down, or half of it. */
async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return HolderSchema.parse(JSON.parse((await readIfThere(file)) ?? ''))
  } catch {
    return undefined
  }
}

async function claim(folder: string, what: string): Promise<() => Promise<void>> {
  const file = `${folder}.holder`
  const holder = await readHolder(file)
  // Killed before it could release: nobody else can claim meanwhile, since claims take turns.
  if (holder !== undefined && !(await isAlive(holder)))
    await rm(`${folder}.lock`, { recursive: true, force: true })
  try {
    // A lost lock must not crash a run that is being measured: the store's own clone is what a second run would spoil,
    // and that run would have had to wait half a minute of silence.
    const release = await lock(folder, { stale: STALE_MS, realpath: false, onCompromised: () => undefined })
    const own = await identify(process.pid)
    if (own !== undefined) await writeFileAtomic(file, JSON.stringify(own), 0o600)
    return release
  } catch (error) {
    if (errorCode(error) !== 'ELOCKED') throw explainFileError(error, `lock ${folder}`)
    throw new ArchError(
      `another run${holder === undefined ? '' : ` (process ${holder.pid})`} holds ${what}`,
      'Wait for it to end, or use another ARCH_HOME beside it.',
    )
  }
}

/**
 * Claims `folder` for one run; a second run is refused at once rather than made to wait, and one that was killed is
 * forgotten.
 * @param what what is being claimed, e.g. `social on this instance`
 * @throws ArchError when another process holds it
 */
export async function claimRun(folder: string, what: string): Promise<() => Promise<void>> {
  return withLock(`${folder}.claim`, `claim ${what}`, CLAIM_PATIENCE_MS, () => claim(folder, what))
}
