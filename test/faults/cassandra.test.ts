import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import type { CassandraClient, CassandraStatement } from '../../src/stores/cassandra/client.ts'
import { store as cassandra } from '../../src/stores/cassandra/index.ts'
import { downStores } from '../../src/session/down.ts'
import { readInstance, writeInstance } from '../../src/session/instance.ts'
import type { Instance } from '../../src/session/instance.ts'
import { storeLog } from '../../src/session/logs.ts'
import { storeStatus } from '../../src/session/status.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { RunningStore } from '../../src/session/up.ts'
import { dataFolder, openHome } from '../../src/machine/home.ts'
import { isAlive } from '../../src/machine/process.ts'
import { signalStore } from '../helpers/kill.ts'
import { removeHome, temporaryHome } from '../helpers/homes.ts'

// A first start, a replay after each kill and the end in order take ten seconds each, and more on a busy machine.
t.setTimeout(600_000)
const home = await temporaryHome()
t.teardown(() => removeHome(home))
const place = await openHome(home, {})
const data = dataFolder(place, 'cassandra')

const ADD: CassandraStatement = {
  text: 'INSERT INTO kept (writer, number, body) VALUES (?, ?, ?)',
  idempotent: true,
}
const READ: CassandraStatement = { text: 'SELECT number FROM kept WHERE writer = ?', idempotent: true }

async function up(lines: string[] = []): Promise<RunningStore> {
  const progress = (line: string): void => void lines.push(line)
  const options = { provider: 'native', topology: 'single', home, env: {}, progress } as const
  const [running] = await upStores(['cassandra'], options)
  if (running === undefined) throw new Error('nothing runs')
  return running
}

async function known(): Promise<Instance> {
  const instance = await readInstance(place, 'cassandra')
  if (instance === undefined) throw new Error('it was never started')
  return instance
}

type Tap = Pick<typeof t, 'teardown'>

async function clientOf(t: Tap, { endpoint }: RunningStore, timeoutMs = 30_000): Promise<CassandraClient> {
  const options = { poolSize: 2, applicationName: 'test', statementTimeoutMs: timeoutMs }
  const stores = await connectStores([endpoint], options)
  t.teardown(() => closeStores(stores))
  return stores['cassandra'] as CassandraClient
}

async function numbersOf(client: CassandraClient, writer: number): Promise<readonly number[]> {
  const rows = await client.query<{ number: number }>(READ, [writer])
  return rows.map(({ number }) => number)
}

t.test('passwords are in files of mode 0600 alone, and the superuser that all know is gone', async (t) => {
  const lines: string[] = []
  t.equal((await up(lines)).alreadyRunning, false)
  t.match(lines.join('\n'), /starting Cassandra 5\.0\.9/)
  const { secrets, process: running } = await known()
  t.equal((await up()).alreadyRunning, true)
  t.same((await known()).process, running)
  for (const path of [data, join(data, 'cassandra.yaml'), join(data, 'java.args')])
    t.equal((await stat(path)).mode & 0o077, 0, path)
  let log = ''
  for await (const chunk of storeLog('cassandra', { home, env: {}, lines: 1_000 })) log += chunk
  t.match(log, /Cassandra version: 5\.0\.9/)
  const seen = [
    log,
    await readFile(`/proc/${running?.pid}/cmdline`, 'utf8').catch(() => ''),
    await readFile(`/proc/${running?.pid}/environ`, 'utf8').catch(() => ''),
    await readFile(join(data, 'cassandra.yaml'), 'utf8'),
  ]
  t.same(Object.keys(secrets).sort(), ['administrator', 'arch'])
  for (const secret of Object.values(secrets)) t.notOk(seen.join('\n').includes(secret))
})

t.test('the same server, by its URL, is an external store that nobody stops', async (t) => {
  const { endpoint } = await up()
  const { user = '', password = '', host, port } = endpoint
  const other = await temporaryHome()
  t.teardown(() => removeHome(other))
  const external = (secret: string, datacenter: string): Promise<readonly RunningStore[]> =>
    upStores(['cassandra'], {
      provider: 'auto',
      topology: 'single',
      home: other,
      env: { ARCH_CASSANDRA_URL: `cassandra://${user}:${secret}@${host}:${port}?datacenter=${datacenter}` },
    })
  const [running] = await external(password, 'datacenter1')
  t.match(running, { facts: { provider: 'external', version: '5.0.9', acknowledgedSurvives: 'power loss' } })
  const error: unknown = await external('hunter2', 'datacenter1').catch((thrown: unknown) => thrown)
  t.match(error, { name: 'ArchError', exitCode: 3, message: /ARCH_CASSANDRA_URL.*refuses/ })
  t.notOk(inspect(error, { depth: 20 }).includes('hunter2'))
  await t.rejects(external(password, 'moon'), { name: 'ArchError', message: /moon.*datacenter1/ })
  await downStores({ home: other, env: {}, volumes: true })
  t.equal((await up()).alreadyRunning, true)
})

t.test(
  'a kill -9 under writers loses nothing that was acknowledged, and clients find it again',
  async (t) => {
    const running = await up()
    const before = await known()
    const server = await clientOf(t, running)
    await server.createKeyspace('kept')
    const client = server.withKeyspace('kept')
    await client.execute(
      'CREATE TABLE kept (writer int, number int, body blob, PRIMARY KEY (writer, number))',
    )
    const body = Buffer.alloc(200, 7)
    const acknowledged = new Map<number, number[]>()
    const enough = Promise.withResolvers<void>()
    let total = 0
    /** Writes one after the other until a write fails. Answers how it failed. */
    async function write(writer: number): Promise<unknown> {
      const own: number[] = []
      acknowledged.set(writer, own)
      for (let number = 0; ; number += 1) {
        try {
          await client.query(ADD, [writer, number, body])
        } catch (error) {
          return error
        }
        own.push(number)
        total += 1
        if (total === 1_000) enough.resolve()
      }
    }
    const writers = Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)))
    await Promise.race([enough.promise, writers])
    await signalStore(home, 'cassandra', 'SIGKILL')
    for (const error of await writers) t.match(error, { name: 'OperationFailure', kind: 'unavailable' })
    t.equal((await storeStatus(place, 'cassandra', {})).state, 'died')
    t.equal((await up()).alreadyRunning, false)
    const after = await known()
    t.same([after.port, after.furtherPorts], [before.port, before.furtherPorts], 'it listens where it did')

    const fresh = (await clientOf(t, await up())).withKeyspace('kept')
    for (const [writer, own] of acknowledged) {
      const there = new Set(await numbersOf(fresh, writer))
      t.ok(
        own.every((number) => there.has(number)),
        `all ${own.length} of writer ${writer} are there`,
      )
      t.ok(there.size - own.length <= 1, 'and what was under way, at most')
    }
    t.ok((await untilAnswered(() => numbersOf(client, 0))).length > 0, 'the old client is used again')
  },
)

/** Asks until a client has found a server again: it looks four times a second. */
async function untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Error) || !('kind' in error) || error.kind !== 'unavailable') throw error
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
  }
}

t.test('a server that hangs is a timeout, not a wait, and is used again', async (t) => {
  const running = await up()
  const client = (await clientOf(t, running)).withKeyspace('kept')
  await client.query(READ, [0])
  const newcomer = (await clientOf(t, running, 500)).withKeyspace('kept')
  await signalStore(home, 'cassandra', 'SIGSTOP')
  try {
    const late = { name: 'OperationFailure', kind: 'timeout' }
    await t.rejects(client.query(READ, [0], { timeoutMs: 200 }), late)
    await t.rejects(client.query(ADD, [1, 1, Buffer.alloc(1)], { timeoutMs: 200 }), late)
    await t.rejects(newcomer.query(READ, [0]), late, 'also for one that is not connected yet')
  } finally {
    await signalStore(home, 'cassandra', 'SIGCONT')
  }
  t.ok((await client.query(READ, [0])).length > 0)
})

t.test(
  'a start that was never recorded is ended; the ports that it held until then are changed, its data kept',
  async (t) => {
    const { process: orphan, ...unrecorded } = await known()
    if (orphan === undefined) throw new Error('nothing ran')
    await writeInstance(place, unrecorded)
    const lines: string[] = []
    const running = await up(lines)
    t.equal(await isAlive(orphan), false)
    t.match(lines.join('\n'), /ending Cassandra process \d+, whose start was never recorded/)
    t.match(lines.join('\n'), new RegExp(`port ${unrecorded.port} of Cassandra is taken`))
    t.not(running.endpoint.port, unrecorded.port)
    t.not((await known()).furtherPorts?.['storage'], unrecorded.furtherPorts?.['storage'])
    const client = (await clientOf(t, running)).withKeyspace('kept')
    t.ok((await numbersOf(client, 0)).length > 0)
  },
)

t.test('a machine without Java 17 or Maven is told so before anything is fetched', async (t) => {
  const before = { ...process.env }
  t.teardown(() => {
    process.env = before
  })
  process.env['PATH'] = ''
  const nothing = join(home, 'nothing')
  t.match(await cassandra.native.look(nothing), { available: false, remedy: /install (Java 17|Maven)/ })
})
