// Homes of a test's or a soak's own, made and removed.
import { chmod, mkdir, mkdtemp, open, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engineFolder, openHome } from '../../src/machine/home.ts'
import { downStores } from '../../src/session/down.ts'

/** Makes the stores' own account reach a home, and the home share the engines which the user has fetched. */
async function furnish(home: string): Promise<void> {
  await chmod(home, 0o755)
  await symlink(engineFolder(await openHome(undefined, process.env)), join(home, 'cache'))
}

/** A home of the caller's own. */
export async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'arch-test-'))
  await furnish(home)
  return home
}

/** A home, for as long as a test file needs it. */
export interface ClaimedHome {
  readonly home: string
  readonly release: () => Promise<void>
}

/** A home in which nothing has ever been, removed when it is given back. */
export async function ownHome(): Promise<ClaimedHome> {
  const home = await temporaryHome()
  return { home, release: () => removeHome(home) }
}

/** The first of the kept homes that no other file has: a file in it says who does, by being made only once. */
async function claimKept(folder: string, number = 0): Promise<ClaimedHome> {
  const home = join(folder, `home-${number}`)
  const claim = `${home}.claimed`
  try {
    await (await open(claim, 'wx')).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return claimKept(folder, number + 1)
  }
  if ((await mkdir(home, { recursive: true })) !== undefined) await furnish(home)
  return { home, release: () => rm(claim) }
}

/**
 * A home for the stores of a test file. `npm test` says where homes are kept whose stores run on for the next file, which
 * makes what it needs anew in them; a file that runs by itself has a home of its own.
 */
export async function claimHome(): Promise<ClaimedHome> {
  const folder = process.env['ARCH_TEST_HOMES']
  return folder === undefined ? ownHome() : claimKept(folder)
}

/** Stops whatever runs in a temporary home, and removes it. */
export async function removeHome(home: string): Promise<void> {
  await downStores({ home, volumes: true })
  await rm(home, { recursive: true, force: true })
}
