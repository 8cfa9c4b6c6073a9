import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import { store as redis } from '../../src/stores/redis/index.ts'
import { storeChecks } from '../../src/session/doctor-stores.ts'
import { downStores } from '../../src/session/down.ts'
import { readInstance, writeInstance } from '../../src/session/instance.ts'
import type { Instance } from '../../src/session/instance.ts'
import { storeLog } from '../../src/session/logs.ts'
import { storeStatus, storesStatus } from '../../src/session/status.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { RunningStore } from '../../src/session/up.ts'
import { dataFolder, openHome } from '../../src/machine/home.ts'
import { identify, isAlive, waitForEnd } from '../../src/machine/process.ts'
import { removeHome, temporaryHome } from '../helpers/homes.ts'

const home = await temporaryHome()
t.teardown(() => removeHome(home))
const place = await openHome(home, {})
const ENVIRONMENT = {}

async function up(
  names: readonly string[],
  lines: string[] = [],
  env: Readonly<Record<string, string>> = ENVIRONMENT,
  root = home,
): Promise<readonly RunningStore[]> {
  const progress = (line: string): void => void lines.push(line)
  return upStores(names, { provider: 'native', topology: 'single', home: root, env, progress })
}

async function known(store: string): Promise<Instance> {
  const instance = await readInstance(place, store)
  if (instance === undefined) throw new Error(`${store} was never started`)
  return instance
}

async function query(running: readonly RunningStore[], text: string): Promise<object[]> {
  const stores = await connectStores(
    running.map(({ endpoint }) => endpoint),
    { poolSize: 1, applicationName: 'test' },
  )
  try {
    return await (stores['postgres'] as PostgresClient).query({ name: 'query', text })
  } finally {
    await closeStores(stores)
  }
}

/** Kills a store as the kernel would, and waits until it is gone. */
async function kill(store: string): Promise<void> {
  const { process: running } = await known(store)
  if (running === undefined) throw new Error(`${store} does not run`)
  process.kill(running.pid, 'SIGKILL')
  await waitForEnd(running, 10_000)
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

t.test('up twice is harmless: the second finds the same processes', async (t) => {
  const first = await up(['postgres', 'redis'])
  const before = (await known('postgres')).process
  const second = await up(['postgres', 'redis'])
  t.ok(first.every(({ alreadyRunning }) => !alreadyRunning))
  t.ok(second.every(({ alreadyRunning }) => alreadyRunning))
  t.same((await known('postgres')).process, before)
  t.same(
    second.map(({ endpoint }) => endpoint),
    first.map(({ endpoint }) => endpoint),
  )
})

t.test('two ups at once wait for each other and start one instance', async (t) => {
  await downStores({ home, env: ENVIRONMENT, volumes: false })
  const both = await Promise.all([up(['redis']), up(['redis'])])
  t.equal(both.filter(([redis]) => redis?.alreadyRunning === false).length, 1)
})

t.test('state and passwords are for their owner alone, and nothing prints them', async (t) => {
  await up(['postgres'])
  const file = join(home, 'state', 'postgres', 'instance.json')
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.equal((await stat(join(home, 'state'))).mode & 0o777, 0o700)
  const { secrets, process: running } = await known('postgres')
  const printed = [
    JSON.stringify(await storesStatus({ home, env: ENVIRONMENT })),
    await readFile(`/proc/${running?.pid}/cmdline`, 'utf8').catch(() => ''),
    await readFile(`/proc/${running?.pid}/environ`, 'utf8').catch(() => ''),
  ].join('\n')
  for (const secret of Object.values(secrets)) t.notOk(printed.includes(secret))
})

t.test('up after a kill -9 of PostgreSQL recovers every acknowledged write', async (t) => {
  await query(await up(['postgres']), 'CREATE TABLE kept AS SELECT 7 AS id')
  await kill('postgres')
  t.equal((await storeStatus(place, 'postgres', ENVIRONMENT)).state, 'died')
  const running = await up(['postgres'])
  t.equal(running[0]?.alreadyRunning, false)
  t.same(await query(running, 'SELECT id FROM kept'), [{ id: 7 }])
})

t.test('up after a kill -9 of Redis starts it again', async (t) => {
  await up(['redis'])
  await kill('redis')
  t.match(await up(['redis']), [{ alreadyRunning: false, facts: { acknowledgedSurvives: 'nothing' } }])
})

t.test(
  'an instance whose start was never recorded (arch was killed) is ended, and its data kept',
  async (t) => {
    await up(['postgres'])
    const { process: orphan, ...unrecorded } = await known('postgres')
    await writeInstance(place, unrecorded)
    const lines: string[] = []
    const running = await up(['postgres'], lines)
    if (orphan === undefined) throw new Error('nothing ran')
    t.equal(await isAlive(orphan), false)
    t.match(lines.join('\n'), /never recorded/)
    t.same(await query(running, 'SELECT id FROM kept'), [{ id: 7 }])
  },
)

t.test('a pid that now belongs to another process is neither trusted nor killed', async (t) => {
  await up(['postgres'])
  await kill('postgres')
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1e6)'], { stdio: 'ignore' })
  t.teardown(() => stranger.kill('SIGKILL'))
  const pid = stranger.pid ?? 0
  const dead = await known('postgres')
  await writeInstance(place, { ...dead, process: { pid, started: dead.process?.started ?? '' } })
  const pidFile = join(dataFolder(place, 'postgres'), 'postmaster.pid')
  const text = await readFile(pidFile, 'utf8')
  await writeFile(pidFile, text.replace(/^\d+/, String(pid)))
  t.same(
    await downStores({ home, env: ENVIRONMENT, volumes: false }).then(
      (all) => all.find(({ store }) => store === 'postgres')?.stopped,
    ),
    false,
  )
  t.same(await query(await up(['postgres']), 'SELECT id FROM kept'), [{ id: 7 }])
  t.ok(await identify(pid), 'the stranger lives')
})

t.test('a store that does not start says why, from its own log', async (t) => {
  await downStores({ home, env: ENVIRONMENT, volumes: false })
  await rm(join(dataFolder(place, 'postgres'), 'global', 'pg_control'))
  await t.rejects(up(['postgres']), { name: 'ArchError', message: /pg_control/, hint: /arch logs postgres/ })
  let log = ''
  for await (const chunk of storeLog('postgres', { home, env: ENVIRONMENT, lines: 5 })) log += chunk
  t.match(log, /pg_control/)
})

t.test('a half-made data directory is made again', async (t) => {
  const half = join(home, 'data', 'postgres.half')
  await mkdir(join(half, 'data', 'base'), { recursive: true })
  await downStores({ home, env: ENVIRONMENT, volumes: false })
  const data = dataFolder(place, 'postgres')
  await rm(data, { recursive: true })
  await mkdir(data)
  t.same(await query(await up(['postgres']), 'SELECT 1 AS one'), [{ one: 1 }])
  await t.rejects(stat(half), { code: 'ENOENT' })
})

t.test('the remembered port, taken by something else, is changed with a word about it', async (t) => {
  await up(['redis'])
  await downStores({ home, env: ENVIRONMENT, volumes: false })
  const { port } = await known('redis')
  const intruder = await listen(port)
  t.teardown(() => intruder.close())
  const lines: string[] = []
  const [redis] = await up(['redis'], lines)
  t.not(redis?.endpoint.port, port)
  t.match(lines.join('\n'), new RegExp(`port ${port} of Redis is taken`))
})

t.test('a port that the user insists on, taken by something else, is an error that names it', async (t) => {
  await downStores({ home, env: ENVIRONMENT, volumes: false })
  const intruder = await listen(0)
  t.teardown(() => intruder.close())
  const address = intruder.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  await t.rejects(up(['redis'], [], { ARCH_REDIS_PORT: port }), {
    name: 'ArchError',
    exitCode: 3,
    message: new RegExp(port),
  })
  await t.rejects(up(['redis'], [], { ARCH_REDIS_PORT: '0' }), { name: 'ArchError', exitCode: 2 })
})

t.test('two homes run side by side, and down ends only its own', async (t) => {
  const other = await temporaryHome()
  t.teardown(() => removeHome(other))
  const [[mine], [theirs]] = await Promise.all([up(['redis']), up(['redis'], [], ENVIRONMENT, other)])
  t.not(mine?.endpoint.port, theirs?.endpoint.port)
  await downStores({ home: other, env: ENVIRONMENT, volumes: true })
  const states = await storesStatus({ home, env: ENVIRONMENT })
  t.equal(states.find(({ store }) => store === 'redis')?.state, 'answers')
})

t.test('down --volumes leaves nothing of an instance, whatever its state file says', async (t) => {
  const { process: running } = await known('redis')
  if (running === undefined) throw new Error('nothing ran')
  await writeFile(join(home, 'state', 'redis', 'instance.json'), '{ half')
  await t.rejects(up(['redis']), { name: 'ArchError', hint: /down --volumes/ })
  await downStores({ home, env: ENVIRONMENT, volumes: true })
  t.equal(await isAlive(running), false)
  const states = await storesStatus({ home, env: ENVIRONMENT })
  t.ok(states.every(({ state }) => state === 'never started'))
  t.match(await up(['redis']), [{ alreadyRunning: false }])
})

t.test('an external store that does not answer is an error without its password', async (t) => {
  const env = { ARCH_REDIS_URL: 'redis://:hunter2@127.0.0.1:1/0', ARCH_POSTGRES_URL: 'mysql://u:hunter2@h/d' }
  const options = { provider: 'auto', topology: 'single', home, env } as const
  for (const name of ['redis', 'postgres']) {
    const error: unknown = await upStores([name], options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    t.match(error, { name: 'ArchError', message: /URL/ })
    t.notOk(error instanceof Error && `${error.message} ${String(error.cause)}`.includes('hunter2'))
  }
})

t.test('what cannot be done is a setup mistake with a remedy', async (t) => {
  const base = { topology: 'single', home, env: ENVIRONMENT } as const
  await t.rejects(upStores(['mysql'], { ...base, provider: 'auto' }), {
    name: 'ArchError',
    exitCode: 2,
    hint: /postgres/,
  })
  await t.rejects(upStores(['redis'], { ...base, provider: 'external' }), {
    name: 'ArchError',
    exitCode: 2,
    message: /ARCH_REDIS_URL/,
  })
  const cluster = { ...base, provider: 'native', topology: 'cluster' } as const
  await t.rejects(upStores(['redis'], cluster), { name: 'ArchError', exitCode: 3, message: /cluster/ })
  await up(['redis'])
  await t.rejects(upStores(['redis'], { ...base, provider: 'docker' }), {
    name: 'ArchError',
    message: /already running/,
  })
})

t.test('a machine that has no engine is told every remedy', async (t) => {
  const bare = await mkdtemp(join(tmpdir(), 'arch-test-'))
  await chmod(bare, 0o755)
  const path = process.env['PATH']
  t.teardown(async () => {
    process.env['PATH'] = path
    await rm(bare, { recursive: true })
  })
  process.env['PATH'] = ''
  const wish = upStores(['redis'], { provider: 'auto', topology: 'single', home: bare, env: ENVIRONMENT })
  await t.rejects(wish, { name: 'ArchError', exitCode: 3, hint: /redis-server.*pip.*Docker.*ARCH_REDIS_URL/ })
})

t.test('doctor names a store that died, and --fix clears its state', async (t) => {
  await up(['redis'])
  await kill('redis')
  const checks = await storeChecks(place, redis, { env: ENVIRONMENT, fix: false })
  t.match(
    checks.find(({ name }) => name === 'Redis state'),
    { state: 'warning', found: /died/, remedy: /--fix/ },
  )
  const mended = await storeChecks(place, redis, { env: ENVIRONMENT, fix: true })
  t.match(
    mended.find(({ name }) => name === 'Redis state'),
    { state: 'ok', fixed: true },
  )
  t.equal((await storeStatus(place, 'redis', ENVIRONMENT)).state, 'stopped')
})

t.test('a home that cannot be made says so', async (t) => {
  const file = join(home, 'file')
  await writeFile(file, '')
  await t.rejects(up(['redis'], [], ENVIRONMENT, join(file, 'home')), {
    name: 'ArchError',
    exitCode: 3,
    hint: /ARCH_HOME/,
  })
})
