import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { canReach, serviceAccount } from '../../src/machine/account.ts'
import { explainFileError, lastLines, requireSpace, writeFileAtomic } from '../../src/machine/files.ts'
import { withLock } from '../../src/machine/lock.ts'
import { findFreePort, isPortFree } from '../../src/machine/port.ts'
import { findByPidFile, identify, isAlive } from '../../src/machine/process.ts'
import { run } from '../../src/machine/run.ts'
import {
  SETTINGS as ELASTICSEARCH_SETTINGS,
  VERSION as ELASTICSEARCH_VERSION,
} from '../../src/stores/elasticsearch/settings.ts'
import {
  APPLICATION_USER as CLICKHOUSE_USER,
  STATEMENT_MEMORY,
  VERSION as CLICKHOUSE_VERSION,
  STORAGE_POLICIES,
} from '../../src/stores/clickhouse/settings.ts'
import { MERGES_NICE } from '../../src/stores/clickhouse/daemon/merges.ts'
import { VERSION as CASSANDRA_VERSION } from '../../src/stores/cassandra/engine.ts'
import { SETTINGS as CASSANDRA_SETTINGS } from '../../src/stores/cassandra/settings.ts'
import { store as cassandra } from '../../src/stores/cassandra/index.ts'
import { VERSION as KAFKA_VERSION } from '../../src/stores/kafka/engine.ts'
import { SETTINGS as KAFKA_SETTINGS } from '../../src/stores/kafka/settings.ts'
import { store as postgres } from '../../src/stores/postgres/index.ts'
import { INITDB_OPTIONS, serverSettings } from '../../src/stores/postgres/settings.ts'
import { parameters } from '../../src/stores/postgres/values.ts'
import { store as redis } from '../../src/stores/redis/index.ts'

const folder = await mkdtemp(join(tmpdir(), 'arch-machine-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

t.test('a full disk, missing permission and a read-only disk each have a message and a remedy', async (t) => {
  for (const [code, message] of [
    ['ENOSPC', /full/],
    ['EACCES', /permission/],
    ['EROFS', /read-only/],
  ] as const) {
    const error = Object.assign(new Error('system call failed'), { code })
    t.match(explainFileError(error, 'write /x'), {
      name: 'ArchError',
      exitCode: 3,
      message,
      hint: /ARCH_HOME/,
    })
  }
  const other = new Error('a bug')
  t.equal(explainFileError(other, 'write /x'), other)
  await t.rejects(requireSpace(folder, 2 ** 60, 'this'), {
    name: 'ArchError',
    message: /this needs .* GB of disk/,
  })
  await requireSpace(folder, 1, 'this')
})

t.test('a file is written whole or not at all, with its mode, and leaves nothing beside it', async (t) => {
  const path = join(folder, 'deep', 'secret.json')
  await writeFileAtomic(path, 'one', 0o600)
  await writeFileAtomic(path, 'two', 0o600)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.same(await readdir(join(folder, 'deep')), ['secret.json'])
})

t.test('work under one lock never overlaps', async (t) => {
  let inside = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 4 }, () =>
      withLock(folder, 'test', 30_000, async () => {
        inside += 1
        most = Math.max(most, inside)
        await run('true', [])
        inside -= 1
      }),
    ),
  )
  t.equal(most, 1)
  const held = withLock(folder, 'test', 0, () => withLock(folder, 'try', 0, async () => undefined))
  await t.rejects(held, { name: 'ArchError', message: /cannot try/ })
})

t.test('a port with a listener is not free', async (t) => {
  const port = await findFreePort()
  t.equal(await isPortFree(port), true)
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  t.equal(await isPortFree(port), false)
  server.close()
})

t.test('a process is told from another one with its number', async (t) => {
  const mine = await identify(process.pid)
  if (mine === undefined) throw new Error('this process does not exist')
  t.equal(await isAlive(mine), true)
  t.equal(await isAlive({ ...mine, started: 'another time' }), false)
  const pidFile = join(folder, 'pid')
  await writeFile(pidFile, `${process.pid}\n`)
  t.same(await findByPidFile(pidFile, process.cwd()), mine)
  t.equal(await findByPidFile(pidFile, folder), undefined, 'one that works elsewhere is not ours')
  t.equal(await findByPidFile(join(folder, 'none'), folder), undefined)
})

t.test('a folder below one that is closed to an account cannot be reached by it', async (t) => {
  const account = { uid: 54_321, gid: 54_321 }
  t.equal(await canReach(join(folder, 'deep'), account), false, 'temporary folders are for their owner')
  t.equal(await canReach('/', account), true)
  t.equal(await canReach(folder, undefined), true, 'without another account nothing is asked')
})

t.test(
  'root runs stores as nobody, or as the user that ARCH_RUN_AS names',
  { skip: process.getuid?.() !== 0 },
  async (t) => {
    t.same(serviceAccount({}), { uid: 65_534, gid: 65_534 })
    t.same(serviceAccount({ ARCH_RUN_AS: '1000:1001' }), { uid: 1000, gid: 1001 })
    for (const wrong of ['root', '0:0', '1000']) {
      t.throws(() => serviceAccount({ ARCH_RUN_AS: wrong }), { name: 'ArchError', exitCode: 2 })
    }
  },
)

t.test('a program that is missing is no exception', async (t) => {
  t.match(await run('/no/such/program', []), { code: undefined, stderr: /ENOENT/ })
  t.match(await run('sh', ['-c', 'echo out; exit 7']), { code: 7, stdout: 'out\n' })
  t.equal(lastLines('a\nb\nc\n', 2), 'b\nc')
})

t.test('memory for PostgreSQL is a sixteenth of the machine, from 128 MB to 2 GB', async (t) => {
  t.equal(serverSettings(1, 24 * 2 ** 30)['shared_buffers'], '1536MB')
  t.equal(serverSettings(1, 2 ** 30)['shared_buffers'], '128MB')
  t.equal(serverSettings(1, 2 ** 40)['shared_buffers'], '2048MB')
  t.match(serverSettings(1), {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    listen_addresses: '127.0.0.1',
  })
})

t.test(
  'lists of integers are sent as array text; other lists and values are left to the driver',
  async (t) => {
    t.same(parameters([1n, [1n, 2], [], ['a'], [1.5], [1n, null]]), [
      1n,
      '{1,2}',
      '{}',
      ['a'],
      [1.5],
      [1n, null],
    ])
    t.same(parameters(undefined), [])
  },
)

t.test('URLs of external stores are read, and refused with an example that shows no password', async (t) => {
  t.same(postgres.external('postgres://u:p%40ss@db.example:6543/shop?sslmode=require'), {
    store: 'postgres',
    provider: 'external',
    topology: 'single',
    host: 'db.example',
    port: 6543,
    user: 'u',
    password: 'p@ss',
    database: 'shop',
    tls: true,
  })
  t.match(redis.external('rediss://[::1]'), { host: '::1', port: 6379, tls: true })
  t.match(cassandra.external('cassandra://u:p@host?datacenter=moon'), { port: 9042, datacenter: 'moon' })
  t.match(cassandra.external('cassandras://u:p@host:1'), { datacenter: 'datacenter1', tls: true })
  for (const wrong of [
    'hunter2',
    'http://u:hunter2@host',
    'postgres://u:hunter2@host:99999999/x',
    'postgres:',
  ]) {
    const error = t.throws(() => postgres.external(wrong), {
      name: 'ArchError',
      exitCode: 2,
      hint: /postgres:\/\/user/,
    })
    t.notOk(error instanceof Error && error.message.includes('hunter2'))
  }
})

t.test(
  'docker-compose.yml binds loopback, pins versions, checks health and sets what native sets',
  async (t) => {
    const text = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8')
    const services = text
      .slice(text.indexOf('services:'), text.indexOf('\nvolumes:'))
      .split(/^ {2}(?=\w+:$)/m)
      .slice(1)
    t.same(
      services.map((service) => service.split(':')[0]),
      ['postgres', 'redis', 'elasticsearch', 'kafka', 'clickhouse', 'cassandra'],
    )
    for (const service of services) {
      t.match(service, /^ {4}image: [\w/.-]+:\d+\.\d+(\.\d+)?$/m)
      t.match(service, /^ {4}ports: \['127\.0\.0\.1:\$\{ARCH_\w+_PORT:-\d+\}:\d+'\]$/m)
      for (const part of ['profiles', 'healthcheck', 'volumes'])
        t.match(service, new RegExp(`^ {4}${part}:`, 'm'))
    }
    t.ok(services[0]?.includes(`POSTGRES_INITDB_ARGS: ${INITDB_OPTIONS.join(' ')}\n`))
    const perMachine = new Set([
      'listen_addresses',
      'port',
      'unix_socket_directories',
      'shared_buffers',
      'log_line_prefix',
      'log_timezone',
    ])
    for (const [name, value] of Object.entries(serverSettings(1))) {
      if (!perMachine.has(name)) t.match(services[0], new RegExp(`- -c${name}=${value}$`, 'm'), name)
    }
    for (const [name, value] of Object.entries(ELASTICSEARCH_SETTINGS))
      t.match(services[2], new RegExp(` -E${name}=${value}( |$)`, 'm'), name)
    t.ok(services[2]?.includes(`/elasticsearch:${ELASTICSEARCH_VERSION}\n`))
    for (const [name, value] of Object.entries(KAFKA_SETTINGS))
      t.match(services[3], new RegExp(`^ +${name}=${value}$`, 'm'), name)
    t.ok(services[3]?.includes(`image: apache/kafka:${KAFKA_VERSION}\n`))
    t.ok(services[4]?.includes(`/clickhouse-server:${CLICKHOUSE_VERSION}\n`))
    t.ok(services[4]?.includes(`<max_memory_usage>${STATEMENT_MEMORY}<`))
    t.ok(services[4]?.includes(STORAGE_POLICIES))
    t.ok(services[4]?.includes(`<os_threads_nice_value_merge_mutate>${MERGES_NICE}<`))
    t.ok(services[4]?.includes(`CLICKHOUSE_USER: ${CLICKHOUSE_USER}\n`))
    for (const [name, value] of Object.entries(CASSANDRA_SETTINGS))
      t.ok(services[5]?.includes(` ${name}: ${JSON.stringify(value)}\n`), name)
    t.ok(CASSANDRA_VERSION.startsWith(/image: cassandra:(\S+)/.exec(services[5] ?? '')?.[1] ?? '?'))
  },
)
