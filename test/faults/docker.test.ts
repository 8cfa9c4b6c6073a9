import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openHome, stateFile } from '../../src/machine/home.ts'
import { storeChecks } from '../../src/session/doctor-stores.ts'
import { downStores } from '../../src/session/down.ts'
import { readInstance } from '../../src/session/instance.ts'
import { storeLog } from '../../src/session/logs.ts'
import { storeStatus } from '../../src/session/status.ts'
import { loadStore } from '../../src/session/stores.ts'
import { upStores } from '../../src/session/up.ts'

// A `docker` that says what it was asked, without a daemon. Files beside it decide how it answers.
const FAKE = `#!/bin/sh
here=$(dirname "$0")
case "$1 $2" in
  'version --format') echo 28.0.0; exit ;;
  'compose version') exit ;;
  'ps --quiet') exit ;;
esac
echo "$*" >> "$here/calls"
case "$*" in
  *' logs '*) echo 'the cause'; exit ;;
  compose*)
    mkdir "$here/inside" || echo overlap >> "$here/calls"
    env | grep '^ARCH_' >> "$here/calls"
    sleep 0.1
    rmdir "$here/inside"
    case "$*" in *' up '*) [ ! -e "$here/refuses" ] || { echo 'no such image' >&2; exit 1; } ;; esac ;;
  'volume rm'*) [ ! -e "$here/busy" ] || { echo 'volume is in use' >&2; exit 1; } ;;
esac
`

const folder = await mkdtemp(join(tmpdir(), 'arch-docker-'))
await chmod(folder, 0o755)
const home = join(folder, 'home')
const place = await openHome(home, {})
const before = { ...process.env }
await writeFile(join(folder, 'docker'), FAKE, { mode: 0o755 })
process.env['PATH'] = `${folder}:${before['PATH']}`
process.env['ARCH_REDIS_PORT'] = '1'
t.teardown(async () => {
  process.env = before
  await rm(folder, { recursive: true, force: true })
})

const docker = { provider: 'docker', topology: 'single', home, env: {} } as const

async function calls(): Promise<string> {
  const text = await readFile(join(folder, 'calls'), 'utf8')
  await rm(join(folder, 'calls'))
  return text
}

t.test('stores that start together take turns with compose, which is told by its file alone', async (t) => {
  await t.rejects(upStores(['postgres', 'redis'], docker))
  const said = await calls()
  t.match(said, /up --detach postgres/)
  t.match(said, /up --detach redis/)
  t.notMatch(said, 'overlap')
  t.notMatch(said, 'ARCH_REDIS_PORT')
})

t.test('a container that ends while it starts is an error with its log, and has died', async (t) => {
  await t.rejects(upStores(['redis'], docker), {
    name: 'ArchError',
    message: /ended while it was starting[^]*the cause/,
  })
  t.equal((await storeStatus(place, 'redis', {})).state, 'died')
})

t.test('doctor sees a container that has ended, and clears it away', async (t) => {
  const module = await loadStore('redis')
  const stateAndPort = async (fix: boolean): Promise<Record<string, string>[]> => {
    const checks = await storeChecks(place, module, { env: {}, fix })
    return checks
      .filter(({ name }) => name.endsWith(' state') || name.endsWith(' port'))
      .map(({ state, found }) => ({ state, found }))
  }
  const [port, state] = await stateAndPort(false)
  t.match(port, { state: 'ok', found: /free$/ }, 'its port is nobody’s')
  t.match(state, { state: 'warning', found: 'its container died' })
  t.match((await stateAndPort(true))[1], { state: 'ok', found: 'its container died: cleared' })
  t.match(await calls(), /rm --stop --force redis/)
  t.match((await stateAndPort(false))[1], { state: 'ok', found: 'consistent' })
  t.equal((await storeStatus(place, 'redis', {})).state, 'stopped')
  await t.rejects(upStores(['redis'], docker))
})

t.test('a container that is taken down leaves no network, and no log to read', async (t) => {
  await downStores({ home, env: {}, volumes: false })
  t.match(await calls(), /rm --stop --force redis[^]*network rm arch-\w+_default/)
  await t.rejects(storeLog('redis', { home, env: {}, lines: 1 }).next(), { message: /stopped/ })
})

t.test('what compose could not start does not pass for running', async (t) => {
  await writeFile(join(folder, 'refuses'), '')
  await t.rejects(upStores(['redis'], docker), { name: 'ArchError', message: /no such image/ })
  t.equal((await readInstance(place, 'redis'))?.container, undefined)
  t.equal((await storeStatus(place, 'redis', {})).state, 'stopped')
})

t.test('a volume that stays is an error; a state file that is damaged keeps none', async (t) => {
  await writeFile(join(folder, 'busy'), '')
  await t.rejects(downStores({ home, env: {}, volumes: true }), {
    name: 'ArchError',
    message: /volume .*-data cannot be removed: volume is in use/,
  })
  await rm(join(folder, 'busy'))
  await writeFile(stateFile(place, 'redis'), 'damaged')
  await calls()
  await downStores({ home, env: {}, volumes: true })
  t.match(await calls(), /rm --stop --force redis[^]*volume rm --force arch-\w+_redis-data/)
  t.equal((await storeStatus(place, 'redis', {})).state, 'never started')
})
