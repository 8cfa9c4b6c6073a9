import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { KafkaClient } from '../../src/stores/kafka/client.ts'
import { readInstance, writeInstance } from '../../src/session/instance.ts'
import type { Instance } from '../../src/session/instance.ts'
import { storeLog } from '../../src/session/logs.ts'
import { storeStatus } from '../../src/session/status.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { RunningStore } from '../../src/session/up.ts'
import { dataFolder, openHome } from '../../src/machine/home.ts'
import { isAlive, waitForEnd } from '../../src/machine/process.ts'
import { whole } from '../helpers/kafka.ts'
import { removeHome, temporaryHome } from '../helpers/homes.ts'

const home = await temporaryHome()
t.teardown(() => removeHome(home))
const place = await openHome(home, {})
const data = dataFolder(place, 'kafka')

async function up(lines: string[] = []): Promise<RunningStore> {
  const progress = (line: string): void => void lines.push(line)
  const [kafka] = await upStores(['kafka'], {
    provider: 'native',
    topology: 'single',
    home,
    env: {},
    progress,
  })
  if (kafka === undefined) throw new Error('nothing was started')
  return kafka
}

async function known(): Promise<Instance> {
  const instance = await readInstance(place, 'kafka')
  if (instance === undefined) throw new Error('Kafka was never started')
  return instance
}

async function kill(): Promise<void> {
  const { process: running } = await known()
  if (running === undefined) throw new Error('Kafka does not run')
  process.kill(running.pid, 'SIGKILL')
  await waitForEnd(running, 10_000)
}

async function withClient<Result>(
  kafka: RunningStore,
  work: (client: KafkaClient) => Promise<Result>,
): Promise<Result> {
  const stores = await connectStores([kafka.endpoint], {
    poolSize: 1,
    applicationName: 'test',
    statementTimeoutMs: 60_000,
  })
  try {
    return await work(stores['kafka'] as KafkaClient)
  } finally {
    await closeStores(stores)
  }
}

/** Produces numbered messages of one key, one after the other, and is the witness of those that were acknowledged. */
interface Writer {
  readonly key: string
  readonly acknowledged: readonly number[]
  /** Resolves when so many are acknowledged; rejects when one failed. */
  reaches(count: number): Promise<void>
  stop(): Promise<void>
}

function startWriter(client: KafkaClient, key: string): Writer {
  const acknowledged: number[] = []
  let goal = Number.POSITIVE_INFINITY
  let reached = Promise.withResolvers<void>()
  let stopped = false
  const writing = (async () => {
    while (!stopped) {
      const number = acknowledged.length
      await client.produce('kept', [{ key, value: String(number) }])
      acknowledged.push(number)
      if (acknowledged.length >= goal) reached.resolve()
    }
  })()
  return {
    key,
    acknowledged,
    reaches(count) {
      goal = count
      reached = Promise.withResolvers<void>()
      return Promise.race([reached.promise, writing])
    },
    stop() {
      stopped = true
      return writing
    },
  }
}

t.test('a data directory that was half formatted is made again', async (t) => {
  await mkdir(join(data, 'topics'), { recursive: true })
  await mkdir(join(`${data}.half`, 'topics'), { recursive: true })
  const lines: string[] = []
  await withClient(await up(lines), async (client) => t.same(await client.topicNames(), []))
  t.match(lines.join('\n'), /formatting/)
  await t.rejects(stat(`${data}.half`), { code: 'ENOENT' })
})

t.test('a kill -9 under producers and a consumer loses nothing that was acknowledged', async (t) => {
  const kafka = await up()
  const before = await known()
  await withClient(kafka, async (client) => {
    await client.ensureTopics([{ name: 'kept', partitions: 4, settings: {} }])
    const consumed = new Set<string>()
    const consumption = await client.consume({
      group: 'kept',
      topics: ['kept'],
      from: 'earliest',
      handle: async (batch) => batch.forEach(({ key, value }) => consumed.add(`${key} ${value.toString()}`)),
      failed: () => undefined,
    })
    const writers = ['one', 'two', 'three', 'four', 'five'].map((key) => startWriter(client, key))
    await Promise.all(writers.map((writer) => writer.reaches(50)))
    await kill()
    t.equal((await storeStatus(place, 'kafka', {})).state, 'died')
    t.equal((await up()).alreadyRunning, false)
    await Promise.all(writers.map((writer) => writer.reaches(writer.acknowledged.length + 50)))
    await Promise.all(writers.map((writer) => writer.stop()))

    const stored = new Map<string, number[]>()
    for (const { key = '', value } of await whole(client, 'kept'))
      stored.set(key, [...(stored.get(key) ?? []), Number(value.toString())])
    for (const { key, acknowledged } of writers) {
      const numbers = stored.get(key) ?? []
      const there = new Set(numbers)
      t.ok(
        acknowledged.every((number) => there.has(number)),
        `everything of ${key} is there`,
      )
      t.ok(
        numbers.every((number, index) => index === 0 || number >= (numbers[index - 1] ?? 0)),
        `${key} is in order, what was written twice in the same place`,
      )
    }
    while ((await client.lag('kept', ['kept'])) > 0n) continue
    await consumption.close()
    t.ok(
      writers.every(({ key, acknowledged }) =>
        acknowledged.every((number) => consumed.has(`${key} ${number}`)),
      ),
    )
  })
  const after = await known()
  t.same([after.port, after.furtherPorts], [before.port, before.furtherPorts], 'it listens where it did')
})

t.test('passwords are in files of mode 0600 alone', async (t) => {
  const { secrets, process: running } = await known()
  t.equal((await stat(join(data, 'server.properties'))).mode & 0o777, 0o600)
  t.equal((await stat(data)).mode & 0o777, 0o700)
  let log = ''
  for await (const chunk of storeLog('kafka', { home, env: {}, lines: 1_000 })) log += chunk
  t.match(log, /Kafka version: 4\.4\.0/)
  const seen = [
    log,
    await readFile(`/proc/${running?.pid}/cmdline`, 'utf8').catch(() => ''),
    await readFile(`/proc/${running?.pid}/environ`, 'utf8').catch(() => ''),
    await readFile(join(data, 'java.args'), 'utf8'),
  ]
  t.equal(Object.keys(secrets).length, 2)
  for (const secret of Object.values(secrets)) t.notOk(seen.join('\n').includes(secret))
})

t.test(
  'a start that was never recorded is ended; the ports that it held until then are changed, its data kept',
  async (t) => {
    const { process: orphan, ...unrecorded } = await known()
    if (orphan === undefined) throw new Error('nothing ran')
    await writeInstance(place, unrecorded)
    const lines: string[] = []
    const kafka = await up(lines)
    t.equal(await isAlive(orphan), false)
    t.match(lines.join('\n'), /ending Kafka process \d+, whose start was never recorded/)
    t.ok((await withClient(kafka, (client) => whole(client, 'kept'))).length > 500)
    const { process: running, furtherPorts } = await known()
    t.equal(Number(await readFile(join(data, 'kafka.pid'), 'utf8')), running?.pid)
    t.not(furtherPorts?.['controller'], unrecorded.furtherPorts?.['controller'])
  },
)
