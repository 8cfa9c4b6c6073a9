import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { explained, replaceFolder } from './files.ts'
import { withLock } from './lock.ts'

/** Another `arch` may be fetching the same engine over a slow line. */
const LOCK_PATIENCE_MS = 900_000

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/**
 * Does `make` in a new folder beside `place` and puts that folder, or what `make` names in it, there: what is at
 * `place` is whole, always. One process at a time; the others find it made.
 */
export async function madeOnce(place: string, make: (half: string) => Promise<string>): Promise<void> {
  if (await isThere(place)) return
  await explained(`make ${place}`, async () => {
    await mkdir(dirname(place), { recursive: true })
    await withLock(place, `fetch ${basename(place)}`, LOCK_PATIENCE_MS, async () => {
      if (await isThere(place)) return
      const half = await mkdtemp(`${place}.`)
      try {
        const made = await make(half)
        // A temporary folder is closed to others, and engines are run by an account of their own.
        await chmod(made, (await stat(made)).isDirectory() ? 0o755 : 0o644)
        if (made === half) await replaceFolder(half, place)
        else await rename(made, place)
      } finally {
        await rm(half, { recursive: true, force: true })
      }
    })
  })
}
