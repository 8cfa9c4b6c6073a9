import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import type { ClickHouseClient } from '../../src/stores/clickhouse/client.ts'
import { store as clickhouse } from '../../src/stores/clickhouse/index.ts'
import { downStores } from '../../src/session/down.ts'
import { readInstance, writeInstance } from '../../src/session/instance.ts'
import type { Instance } from '../../src/session/instance.ts'
import { storeStatus } from '../../src/session/status.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { RunningStore } from '../../src/session/up.ts'
import { dataFolder, engineFolder, logFile, openHome } from '../../src/machine/home.ts'
import { isAlive, isWorkedIn, spawnDetached, waitForEnd } from '../../src/machine/process.ts'
import { findFreePort } from '../../src/machine/port.ts'
import { signalStore } from '../helpers/kill.ts'
import { removeHome, temporaryHome } from '../helpers/homes.ts'

t.setTimeout(600_000)
const home = await temporaryHome()
t.teardown(() => removeHome(home))
const place = await openHome(home, {})
const data = dataFolder(place, 'clickhouse')

async function up(lines: string[] = []): Promise<RunningStore> {
  const progress = (line: string): void => void lines.push(line)
  const options = { provider: 'native', topology: 'single', home, env: {}, progress } as const
  const [running] = await upStores(['clickhouse'], options)
  if (running === undefined) throw new Error('nothing runs')
  return running
}

async function known(): Promise<Instance & { readonly process: NonNullable<Instance['process']> }> {
  const instance = await readInstance(place, 'clickhouse')
  if (instance?.process === undefined) throw new Error('it does not run')
  return { ...instance, process: instance.process }
}

type Tap = Pick<typeof t, 'teardown'>

async function clientOf(t: Tap, { endpoint }: RunningStore): Promise<ClickHouseClient> {
  const stores = await connectStores([endpoint], { poolSize: 8, applicationName: 'test' })
  t.teardown(() => closeStores(stores))
  return stores['clickhouse'] as ClickHouseClient
}

t.test('up twice is harmless; state is for its owner, and the password is in no argument', async (t) => {
  const lines: string[] = []
  t.equal((await up(lines)).alreadyRunning, false)
  t.match(lines.join('\n'), /starting ClickHouse/)
  const { process: running, secrets } = await known()
  t.equal((await up()).alreadyRunning, true)
  t.same((await known()).process, running)
  for (const path of [data, join(data, 'store'), join(data, 'clickhouse.json')])
    t.equal((await stat(path)).mode & 0o077, 0, path)
  const printed = await Promise.all(
    [`/proc/${running.pid}/cmdline`, `/proc/${running.pid}/environ`, logFile(place, 'clickhouse')].map(
      (file) => readFile(file, 'utf8').catch(() => ''),
    ),
  )
  for (const secret of Object.values(secrets)) t.notOk(printed.join('\n').includes(secret))
})

t.test('merges give way to statements: their threads, and no others, are nice', async (t) => {
  const { process: running } = await known()
  const threads = join('/proc', String(running.pid), 'task')
  const nice = new Map<string, Set<string | undefined>>()
  for (const thread of await readdir(threads)) {
    const line = await readFile(join(threads, thread, 'stat'), 'utf8').catch(() => undefined)
    if (line === undefined) continue
    const [, name = '', fields = ''] = /\((.*)\) (.*)/.exec(line) ?? []
    // Field 19 of proc_pid_stat(5); the name is the second.
    nice.set(name, (nice.get(name) ?? new Set()).add(fields.split(' ')[16]))
  }
  t.same(nice.get('MergeMutate'), new Set(['15']))
  nice.delete('MergeMutate')
  t.same(new Set([...nice.values()].flatMap((values) => [...values])), new Set(['0']))
})

t.test('the same server, by its URL, is an external store that nobody stops', async (t) => {
  const { endpoint } = await up()
  const { user = '', password = '', host, port, database = '' } = endpoint
  const other = await temporaryHome()
  t.teardown(() => removeHome(other))
  const external = (secret: string): Promise<readonly RunningStore[]> =>
    upStores(['clickhouse'], {
      provider: 'auto',
      topology: 'single',
      home: other,
      env: { ARCH_CLICKHOUSE_URL: `http://${user}:${secret}@${host}:${port}/${database}` },
    })
  const [running] = await external(password)
  t.match(running, { facts: { provider: 'external', acknowledgedSurvives: 'process kill' } })
  if (running !== undefined)
    t.equal((await (await clientOf(t, running)).query('SELECT 1 AS one')).rows.length, 1)
  const error: unknown = await external('hunter2').catch((thrown: unknown) => thrown)
  t.match(error, { name: 'ArchError', exitCode: 3, message: /ARCH_CLICKHOUSE_URL.*refuses/ })
  t.notOk(inspect(error, { depth: 20 }).includes('hunter2'))
  await downStores({ home: other, env: {}, volumes: true })
  t.equal((await up()).alreadyRunning, true)
})

t.test('a machine without npm is told so before anything is fetched', async (t) => {
  const path = process.env['PATH']
  t.teardown(() => {
    process.env['PATH'] = path
  })
  process.env['PATH'] = ''
  t.match(await clickhouse.native.look(join(home, 'nothing')), {
    available: false,
    reason: /npm/,
    remedy: /install/,
  })
})

t.test('an npm that does not reach its registry is told so, and leaves nothing half fetched', async (t) => {
  const before = { ...process.env }
  t.teardown(() => {
    process.env = before
  })
  const folder = join(home, 'elsewhere')
  process.env['npm_config_registry'] = 'http://127.0.0.1:1'
  process.env['npm_config_fetch_retries'] = '0'
  process.env['npm_config_cache'] = join(folder, 'npm')
  const instance = await known()
  const prepared = clickhouse.native.prepare(
    {
      engines: join(folder, 'engines'),
      data: join(folder, 'data'),
      port: 1,
      furtherPorts: {},
      account: place.account,
      secrets: instance.secrets,
    },
    () => undefined,
  )
  await t.rejects(prepared, {
    name: 'ArchError',
    message: /npm could not fetch ClickHouse/,
    hint: /registry/,
  })
  t.same(await readdir(join(folder, 'engines')), [])
})

t.test('a path that the engine would take for a pattern is refused, not inserted from', async (t) => {
  const { secrets } = await known()
  const odd = { engines: engineFolder(place), data: join(home, 'data{1}'), port: 1, furtherPorts: {} }
  await t.rejects(
    clickhouse.native.prepare({ ...odd, account: place.account, secrets }, () => undefined),
    { name: 'ArchError', message: /pattern/, hint: /ARCH_HOME/ },
  )
})

t.test('a server that hangs is a timeout, not a wait, and is used again', async (t) => {
  const client = await clientOf(t, await up())
  await client.query('SELECT 1 AS one')
  await signalStore(home, 'clickhouse', 'SIGSTOP')
  try {
    const late = { name: 'OperationFailure', kind: 'timeout' }
    await t.rejects(client.query('SELECT 1', { settings: { max_execution_time: 0.1 } }), late)
    await t.rejects(client.query('SELECT 1', { signal: AbortSignal.timeout(100) }), late)
  } finally {
    await signalStore(home, 'clickhouse', 'SIGCONT')
  }
  t.equal((await client.query('SELECT 1 AS one')).rows.length, 1)
})

t.test('kill -9 under writers loses no acknowledged insert', async (t) => {
  const client = await clientOf(t, await up())
  await client.command('CREATE TABLE kept (writer UInt8, turn UInt32) ENGINE = MergeTree ORDER BY writer')
  const acknowledged = new Map<number, number>()
  const failures: unknown[] = []
  const enough = Promise.withResolvers<void>()
  const write = async (writer: number): Promise<void> => {
    for (let turn = 1; failures.length === 0; turn += 1) {
      try {
        await client.insert('kept', 'JSONCompactEachRow', Buffer.from(`[${writer},${turn}]`))
        acknowledged.set(writer, turn)
        if (turn === 30) enough.resolve()
      } catch (error) {
        failures.push(error)
      }
    }
  }
  const writing = Promise.all([0, 1, 2, 3].map(write))
  await enough.promise
  await signalStore(home, 'clickhouse', 'SIGKILL')
  await writing
  for (const failure of failures) t.match(failure, { name: 'OperationFailure', kind: 'unavailable' })
  t.equal(failures.length, 4)
  t.equal((await storeStatus(place, 'clickhouse', {})).state, 'died')
  await t.rejects(client.query('SELECT 1'), { name: 'OperationFailure', kind: 'unavailable' })

  const running = await up()
  t.equal(running.alreadyRunning, false)
  t.equal(running.facts.acknowledgedSurvives, 'process kill')
  const { rows } = await (
    await clientOf(t, running)
  ).query<{ writer: number; turns: string; last: number }>(
    'SELECT writer, uniqExact(turn) AS turns, count() AS rows, max(turn) AS last FROM kept GROUP BY writer ORDER BY writer',
  )
  for (const [writer, turn] of acknowledged) {
    const row = rows.find((row) => row.writer === writer)
    // The last one of each may have been written without its acknowledgement.
    t.ok(Number(row?.turns) >= turn && Number(row?.turns) <= turn + 1, `writer ${writer}: ${turn}`)
    t.equal(Number(row?.turns), row?.last, 'and none of them between')
  }
})

t.test('a second process is refused the same directory, and the first goes on', async (t) => {
  const client = await clientOf(t, await up())
  const lines: string[] = []
  const instance = await known()
  const launch = await clickhouse.native.prepare(
    {
      engines: engineFolder(place),
      data,
      port: await findFreePort(),
      furtherPorts: {},
      account: place.account,
      secrets: instance.secrets,
    },
    (line) => lines.push(line),
  )
  const log = join(home, 'logs', 'second.log')
  const pidFile = join(place.served, 'logs', 'second.pid')
  const second = await spawnDetached({ ...launch, pidFile, pidWrittenBy: 'store' }, log, place.account)
  t.equal(await waitForEnd(second, 60_000), true)
  t.match(await readFile(log, 'utf8'), /Another server instance in same directory is already running/)
  t.equal((await client.query('SELECT 1 AS one')).rows.length, 1)
})

t.test('a start that was never recorded (arch was killed) is ended, and its data kept', async (t) => {
  await up()
  const { process: orphan, ...unrecorded } = await known()
  await writeInstance(place, unrecorded)
  const lines: string[] = []
  const client = await clientOf(t, await up(lines))
  t.equal(await isAlive(orphan), false)
  t.match(lines.join('\n'), /never recorded/)
  t.equal((await client.query('SELECT count() AS c FROM kept HAVING c > 100')).rows.length, 1)
})

t.test(
  'down ends it in order, statements and all, and whoever still asks is told that it is unavailable',
  async (t) => {
    const client = await clientOf(t, await up())
    const { process: running } = await known()
    const slow = client.query('SELECT sleep(1)').catch((error: unknown) => error)
    await client.query('SELECT 1')
    await downStores({ home, env: {}, volumes: false })
    await slow
    t.equal(await isAlive(running), false)
    t.equal(await isWorkedIn(data), false)
    for (let attempt = 0; attempt < 2; attempt += 1)
      await t.rejects(client.query('SELECT 1'), { name: 'OperationFailure', kind: 'unavailable' })
    t.equal((await storeStatus(place, 'clickhouse', {})).state, 'stopped')
  },
)
