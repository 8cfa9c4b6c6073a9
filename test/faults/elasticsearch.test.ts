import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import type { BulkOperation, ElasticsearchClient } from '../../src/stores/elasticsearch/client.ts'
import { store as elasticsearch } from '../../src/stores/elasticsearch/index.ts'
import { downStores } from '../../src/session/down.ts'
import { readInstance, writeInstance } from '../../src/session/instance.ts'
import type { Instance } from '../../src/session/instance.ts'
import { storeStatus } from '../../src/session/status.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { RunningStore } from '../../src/session/up.ts'
import { dataFolder, openHome } from '../../src/machine/home.ts'
import { isAlive, isWorkedIn, waitForEnd } from '../../src/machine/process.ts'
import { removeHome, temporaryHome } from '../helpers/homes.ts'

// Four starts of a JVM, each as slow as the machine is busy.
t.setTimeout(600_000)
const home = await temporaryHome()
t.teardown(() => removeHome(home))
const place = await openHome(home, {})
const data = dataFolder(place, 'elasticsearch')
const LATE = { name: 'OperationFailure', kind: 'timeout' }
const ITEMS = { settings: { number_of_replicas: 0 }, mappings: { properties: { turn: { type: 'integer' } } } }

async function up(lines: string[] = []): Promise<RunningStore> {
  const progress = (line: string): void => void lines.push(line)
  const options = { provider: 'native', topology: 'single', home, env: {}, progress } as const
  const [running] = await upStores(['elasticsearch'], options)
  if (running === undefined) throw new Error('nothing runs')
  return running
}

async function known(): Promise<Instance & { readonly process: NonNullable<Instance['process']> }> {
  const instance = await readInstance(place, 'elasticsearch')
  if (instance?.process === undefined) throw new Error('it does not run')
  return { ...instance, process: instance.process }
}

async function clientOf(t: Tap, { endpoint }: RunningStore): Promise<ElasticsearchClient> {
  const stores = await connectStores([endpoint], { poolSize: 8, applicationName: 'test' })
  t.teardown(() => closeStores(stores))
  return (stores['elasticsearch'] as ElasticsearchClient).withPrefix('arch-test-')
}

type Tap = Pick<typeof t, 'teardown'>

/** Launcher and server, which are one group of processes, as the kernel would kill or stop them. */
async function signalAll(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  process.kill(-(await known()).process.pid, signal)
}

async function kill(): Promise<void> {
  const { process: running } = await known()
  await signalAll('SIGKILL')
  await waitForEnd(running, 10_000)
}

t.test('up twice is harmless; state is for its owner, and the password is in no argument', async (t) => {
  const lines: string[] = []
  t.equal((await up(lines)).alreadyRunning, false)
  t.match(lines.join('\n'), /starting Elasticsearch .* takes about 10 s/)
  const { process: running, secrets } = await known()
  t.equal((await up()).alreadyRunning, true)
  t.same((await known()).process, running)
  const config = join(data, 'config')
  for (const path of [
    data,
    config,
    join(config, 'users'),
    join(home, 'state', 'elasticsearch', 'instance.json'),
  ])
    t.equal((await stat(path)).mode & 0o077, 0, path)
  const printed = await Promise.all(
    [`/proc/${running.pid}/cmdline`, `/proc/${running.pid}/environ`, join(config, 'users')].map((file) =>
      readFile(file, 'utf8').catch(() => ''),
    ),
  )
  for (const secret of Object.values(secrets)) t.notOk(printed.join('\n').includes(secret))
})

t.test('the same server, by its URL, is an external store that nobody stops', async (t) => {
  const { endpoint } = await up()
  const { user = '', password = '', host, port } = endpoint
  const other = await temporaryHome()
  t.teardown(() => removeHome(other))
  const external = (secret: string): Promise<readonly RunningStore[]> =>
    upStores(['elasticsearch'], {
      provider: 'auto',
      topology: 'single',
      home: other,
      env: { ARCH_ELASTICSEARCH_URL: `http://${user}:${secret}@${host}:${port}` },
    })
  t.match(await external(password), [{ facts: { provider: 'external', settings: { modules: 'reduced' } } }])
  const error: unknown = await external('hunter2').catch((thrown: unknown) => thrown)
  t.match(error, { name: 'ArchError', exitCode: 3, message: /ARCH_ELASTICSEARCH_URL.*refuses/ })
  t.notOk(inspect(error, { depth: 20 }).includes('hunter2'))
  await downStores({ home: other, env: {}, volumes: true })
  t.equal((await up()).alreadyRunning, true)
})

t.test('a machine without Maven is told so before anything is fetched', async (t) => {
  const path = process.env['PATH']
  t.teardown(() => {
    process.env['PATH'] = path
  })
  process.env['PATH'] = ''
  t.match(await elasticsearch.native.look(join(home, 'nothing')), {
    available: false,
    reason: /Java|mvn/,
    remedy: /install/,
  })
})

t.test('a server that is too slow is a timeout, not a wait, and is used again', async (t) => {
  const client = await clientOf(t, await up())
  await client.createIndex('slow', ITEMS)
  await signalAll('SIGSTOP')
  try {
    const search = client.search({ index: 'slow', body: {}, timeoutMs: 200 })
    await t.rejects(search, LATE)
    const write: BulkOperation = { kind: 'index', id: '1', document: { turn: 1 }, version: 1n }
    await t.rejects(client.bulk('slow', [write], undefined, { timeoutMs: 200 }), LATE)
    const signal = AbortSignal.timeout(200)
    await t.rejects(client.search({ index: 'slow', body: {}, signal }), LATE)
  } finally {
    await signalAll('SIGCONT')
  }
  t.equal((await client.search({ index: 'slow', body: {} })).relation, 'eq')
})

t.test('kill -9 under a bulk writer loses no acknowledged document', async (t) => {
  const client = await clientOf(t, await up())
  await client.createIndex('kept', ITEMS)
  const acknowledged = new Map<string, bigint>()
  const failures: unknown[] = []
  const enough = Promise.withResolvers<void>()
  const write = async (writer: number): Promise<void> => {
    for (let turn = 1n; failures.length === 0; turn += 1n) {
      const ids = Array.from({ length: 50 }, (_, number) => `${writer}-${number}`)
      const operations = ids.map((id): BulkOperation => ({
        kind: 'index',
        id,
        document: { turn },
        version: turn,
      }))
      try {
        const outcomes = await client.bulk('kept', operations)
        for (const [number, { outcome }] of outcomes.entries())
          if (outcome === 'done') acknowledged.set(ids[number] ?? '', turn)
        if (turn === 10n) enough.resolve()
      } catch (error) {
        failures.push(error)
      }
    }
  }
  const writing = Promise.all([0, 1, 2, 3].map(write))
  await enough.promise
  await kill()
  await writing
  for (const failure of failures) t.match(failure, { name: 'OperationFailure', kind: 'unavailable' })
  t.equal(failures.length, 4)
  t.equal((await storeStatus(place, 'elasticsearch', {})).state, 'died')
  await t.rejects(client.count('kept'), { name: 'OperationFailure', kind: 'unavailable' })

  const running = await up()
  t.equal(running.alreadyRunning, false)
  t.equal(running.facts.acknowledgedSurvives, 'power loss')
  const ids = [...acknowledged.keys()]
  t.equal(ids.length, 200)
  const found = await (await clientOf(t, running)).getMany('kept', ids)
  const lost = ids.filter((id, index) => (found[index]?.version ?? 0n) < (acknowledged.get(id) ?? 0n))
  t.same(lost, [])
})

t.test('a server whose launcher was killed ends, and up starts it again', async (t) => {
  await up()
  const { process: running } = await known()
  process.kill(running.pid, 'SIGKILL')
  await waitForEnd(running, 10_000)
  const client = await clientOf(t, await up())
  t.equal(await client.count('kept'), 200)
})

t.test('a start that was never recorded (arch was killed) is ended, and its data kept', async (t) => {
  await up()
  const { process: orphan, ...unrecorded } = await known()
  await writeInstance(place, unrecorded)
  const lines: string[] = []
  const client = await clientOf(t, await up(lines))
  t.equal(await isAlive(orphan), false)
  t.match(lines.join('\n'), /never recorded/)
  t.equal(await client.count('kept'), 200)
})

t.test('down ends it in order, and whoever still asks is told that it is unavailable', async (t) => {
  const client = await clientOf(t, await up())
  t.equal((await client.health()).status, 'green')
  const { process: running } = await known()
  await downStores({ home, env: {}, volumes: false })
  t.equal(await isAlive(running), false)
  t.equal(await isWorkedIn(data), false, 'the server has gone with its launcher')
  for (let attempt = 0; attempt < 2; attempt += 1)
    await t.rejects(client.health(), { name: 'OperationFailure', kind: 'unavailable' })
  t.equal((await storeStatus(place, 'elasticsearch', {})).state, 'stopped')
})
