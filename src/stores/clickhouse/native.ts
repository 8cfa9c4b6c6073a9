import { chmod, chown, cp, mkdir, readdir, rm } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { ArchError } from '../../core/errors.ts'
import type { Launch, NativeEngine, NativePlace, Note } from '../../core/store-module.ts'
import { explained, requireSpace, writeFileAtomic } from '../../machine/files.ts'
import { usableNode } from '../../machine/node-program.ts'
import { lookForEngine, usableEngine } from './engine.ts'
import type { Configuration } from './daemon/configuration.ts'
import { APPLICATION_USER, ENGINE_VERSION, engineSettings, STORAGE_CONFIGURATION } from './settings.ts'

const NEEDED_BYTES = 2 ** 30
/** Statements that run at once: each holds a thread while it waits for the engine. */
const CONCURRENT = 32
const DAEMON = join(import.meta.dirname, 'daemon')
const EXTENSION = extname(import.meta.filename)

async function give(path: string, place: NativePlace, mode: number): Promise<void> {
  await chmod(path, mode)
  if (place.account !== undefined) await chown(path, place.account.uid, place.account.gid)
}

/** A copy of our own code: the account that runs it may not reach the original. */
async function copyDaemon(folder: string, place: NativePlace): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  const names = (await readdir(DAEMON)).filter((name) => name.endsWith(EXTENSION) && !name.includes('.d.'))
  for (const name of names) await cp(join(DAEMON, name), join(folder, name))
  await writeFileAtomic(join(folder, 'package.json'), '{"type":"module"}\n')
  await give(folder, place, 0o755)
}

function storageFile(place: NativePlace): string {
  return join(place.data, 'storage.xml')
}

function configurationOf(place: NativePlace, engine: { folder: string; packageName: string }): Configuration {
  return {
    engine,
    data: join(place.data, 'store'),
    incoming: join(place.data, 'incoming'),
    port: place.port,
    user: APPLICATION_USER,
    password: place.secrets[APPLICATION_USER] ?? '',
    concurrent: CONCURRENT,
    settings: { ...engineSettings(totalmem()), 'config-file': storageFile(place) },
  }
}

/** The engine takes such a name for a pattern, finds no file of that name, and inserts nothing. */
function requirePlainPath(path: string): void {
  if (!/[*?{}[\]]/.test(path)) return
  throw new ArchError(
    `ClickHouse cannot work in ${path}: it takes * ? { } [ ] in a path for a pattern`,
    'Set ARCH_HOME to a folder without them in its path.',
  )
}

async function prepare(place: NativePlace, note: Note): Promise<Launch> {
  requirePlainPath(place.data)
  const engine = await usableEngine(place.engines, note)
  const node = await usableNode(place.engines, place.account)
  const daemon = join(place.data, 'daemon')
  const configurationFile = join(place.data, 'clickhouse.json')
  await explained(`make ${place.data}`, async () => {
    await mkdir(dirname(place.data), { recursive: true })
    await requireSpace(dirname(place.data), NEEDED_BYTES, 'ClickHouse')
    // Rows of inserts that a killed daemon never acknowledged.
    await rm(join(place.data, 'incoming'), { recursive: true, force: true })
    for (const folder of [place.data, join(place.data, 'store'), join(place.data, 'incoming')]) {
      await mkdir(folder, { recursive: true })
      await give(folder, place, 0o700)
    }
    await copyDaemon(daemon, place)
    await writeFileAtomic(storageFile(place), STORAGE_CONFIGURATION, 0o600)
    await give(storageFile(place), place, 0o600)
    // The password goes by a file: arguments are seen by every user of the machine.
    await writeFileAtomic(configurationFile, `${JSON.stringify(configurationOf(place, engine))}\n`, 0o600)
    await give(configurationFile, place, 0o600)
  })
  note(`starting ClickHouse ${ENGINE_VERSION}`)
  return {
    // The size of libuv's pool is read when the process starts.
    file: '/usr/bin/env',
    args: [`UV_THREADPOOL_SIZE=${CONCURRENT + 4}`, node, join(daemon, `main${EXTENSION}`), configurationFile],
    folder: place.data,
    pidFile: join(place.data, 'clickhouse.pid'),
    pidWrittenBy: 'launcher',
    stopSignal: 'SIGTERM',
  }
}

/**
 * ClickHouse in the process of a daemon of ours, which answers its HTTP protocol: the engine comes as a library from
 * npm, and one process owns a data directory. docs/stores.md says what that engine lacks beside a server: Keeper,
 * `async_insert`, the logs of `system`, users and roles. An acknowledged insert survives a kill of the process: its part
 * has been written, and is not flushed (`fsync_after_insert` is off).
 */
export const native: NativeEngine = { look: lookForEngine, prepare }
