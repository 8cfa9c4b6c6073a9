import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Launch, NativeEngine, NativePlace, Note } from '../../core/store-module.ts'
import { explained, writeFileAtomic } from '../../machine/files.ts'
import { lookForServer, usableServer } from './engine.ts'

/** The one role of an instance. */
export const PASSWORD = 'default'

/** Nothing that is acknowledged here has to survive: feeds and caches are rebuilt from PostgreSQL (law 6). */
function configuration(place: NativePlace): string {
  return [
    'bind 127.0.0.1',
    `port ${place.port}`,
    'protected-mode yes',
    `requirepass ${place.secrets[PASSWORD]}`,
    `dir ${JSON.stringify(place.data)}`,
    `pidfile ${JSON.stringify(join(place.data, 'redis.pid'))}`,
    'daemonize no',
    'databases 64',
    'appendonly no',
    'save ""',
    // Losing a feed to eviction would look like losing a write.
    'maxmemory-policy noeviction',
    'tcp-backlog 128',
    '',
  ].join('\n')
}

async function prepare(place: NativePlace, note: Note): Promise<Launch> {
  const file = await usableServer(place.engines, place.account, note)
  // The password goes by a file: arguments are seen by every user of the machine.
  const configurationFile = join(place.data, 'redis.conf')
  await explained(`make ${place.data}`, async () => {
    await mkdir(place.data, { recursive: true })
    await chmod(place.data, 0o700)
    await writeFileAtomic(configurationFile, configuration(place), 0o600)
    if (place.account === undefined) return
    for (const path of [place.data, configurationFile])
      await chown(path, place.account.uid, place.account.gid)
  })
  return {
    file,
    args: [configurationFile],
    folder: place.data,
    pidFile: join(place.data, 'redis.pid'),
    pidWrittenBy: 'store',
    stopSignal: 'SIGTERM',
  }
}

/** Redis or Valkey from PATH, or Valkey from PyPI. */
export const native: NativeEngine = { look: lookForServer, prepare }
