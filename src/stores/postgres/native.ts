import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ArchError } from '../../core/errors.ts'
import type { Launch, NativeEngine, NativePlace, Note } from '../../core/store-module.ts'
import { explained, lastLines, readIfThere, requireSpace } from '../../machine/files.ts'
import { run } from '../../machine/run.ts'
import { installedBinaries, packageName, usableBinaries } from './binaries.ts'
import { SUPERUSER } from './roles.ts'
import { INITDB_OPTIONS, serverSettings } from './settings.ts'

const NEEDED_BYTES = 2 ** 30

async function own(path: string, place: NativePlace): Promise<void> {
  if (place.account !== undefined) await chown(path, place.account.uid, place.account.gid)
}

/** Makes the data directory beside its place and renames it: one that was half made by a killed `arch` is never used. */
async function makeCluster(place: NativePlace, binaries: string): Promise<void> {
  await requireSpace(dirname(place.data), NEEDED_BYTES, 'a new PostgreSQL instance')
  const half = `${place.data}.half`
  await rm(half, { recursive: true, force: true })
  await mkdir(half, { mode: 0o700 })
  await own(half, place)
  const data = join(half, 'data')
  const passwordFile = join(half, 'password')
  await writeFile(passwordFile, place.secrets[SUPERUSER] ?? '', { mode: 0o600 })
  await own(passwordFile, place)
  const { code, stderr } = await run(
    join(binaries, 'bin', 'initdb'),
    [`--pgdata=${data}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, ...INITDB_OPTIONS],
    { cwd: half, env: { LC_ALL: 'C', PATH: process.env['PATH'] }, account: place.account },
  )
  if (code !== 0) {
    await rm(half, { recursive: true, force: true })
    throw new ArchError(
      `PostgreSQL could not make its data directory in ${dirname(place.data)}: ${lastLines(stderr, 3)}`,
      'Check the space and the permissions of that folder, or set ARCH_HOME to another one.',
    )
  }
  await rename(data, place.data)
  await rm(half, { recursive: true, force: true })
}

async function prepare(place: NativePlace, note: Note): Promise<Launch> {
  const binaries = await usableBinaries(place.engines, place.account, note)
  const format = (await readIfThere(join(place.data, 'PG_VERSION')))?.trim()
  if (format === undefined) {
    note(`making a PostgreSQL ${binaries.version.split('-')[0]} data directory`)
    await explained(`make a data directory in ${dirname(place.data)}`, async () => {
      await rm(place.data, { recursive: true, force: true })
      await makeCluster(place, binaries.folder)
    })
  } else if (format !== binaries.version.split('.')[0]) {
    throw new ArchError(
      `the data in ${place.data} belongs to PostgreSQL ${format}, and this is ${binaries.version}`,
      'Remove it with: arch down --volumes',
    )
  }
  const settings = Object.entries(serverSettings(place.port))
  return {
    file: join(binaries.folder, 'bin', 'postgres'),
    args: ['-D', place.data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    folder: place.data,
    pidFile: join(place.data, 'postmaster.pid'),
    pidWrittenBy: 'store',
    // Fast shutdown: sessions are ended, the data is checkpointed.
    stopSignal: 'SIGINT',
  }
}

/** PostgreSQL from the binaries of an npm package. */
export const native: NativeEngine = {
  async look() {
    const installed = await installedBinaries()
    if (installed !== undefined) return { available: true, reason: `binaries ${installed.version} from npm` }
    return {
      available: false,
      reason: `the package ${packageName} is not installed`,
      remedy: 'npm ci --include=optional',
    }
  },
  prepare,
}
