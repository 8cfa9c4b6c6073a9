// Homes of a test's or a soak's own, made and removed.
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engineFolder, openHome } from '../../src/machine/home.ts'
import { downStores } from '../../src/session/down.ts'

/** A home that the stores' own account can reach, and that shares the engines which the user has fetched. */
export async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'arch-test-'))
  await chmod(home, 0o755)
  await symlink(engineFolder(await openHome(undefined, process.env)), join(home, 'cache'))
  return home
}

/** Stops whatever runs in a temporary home, and removes it. */
export async function removeHome(home: string): Promise<void> {
  await downStores({ home, volumes: true })
  await rm(home, { recursive: true, force: true })
}
