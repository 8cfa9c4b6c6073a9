import t from 'tap'
import { newCost } from '../../src/core/cost.ts'
import { OperationFailure } from '../../src/core/errors.ts'
import { openPostgres } from '../../src/stores/postgres/connect.ts'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import { startTestStores } from '../helpers/stores.ts'

const { stores, endpoints } = await startTestStores(['postgres'])
const client = stores['postgres'] as PostgresClient
const LARGEST = 9_223_372_036_854_775_807n

await client.execute('CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL, links bigint[] NOT NULL)')

const ONE = { name: 'one', text: 'SELECT 1 AS one' }
const ADD = { name: 'add', text: 'INSERT INTO item VALUES ($1, $2, $3) RETURNING id, name, links' }
const COUNT = { name: 'count', text: 'SELECT count(*) AS n FROM item' }
const GET = { name: 'get', text: 'SELECT id, name, links FROM item WHERE id = ANY($1::bigint[]) ORDER BY id' }

t.test('ids of 63 bits come back as they went, alone and in lists (X-04)', async (t) => {
  const written = await client.query(ADD, [LARGEST, 'largest', [LARGEST, -LARGEST - 1n, 0n]])
  t.same(written, [{ id: LARGEST, name: 'largest', links: [LARGEST, -LARGEST - 1n, 0n] }])
  t.same(await client.query(GET, [[LARGEST]]), written)
  const nulls = { name: 'nulls', text: `SELECT '{1,NULL}'::int8[] AS list, NULL::int8 AS none` }
  t.same(await client.query(nulls), [{ list: [1n, null], none: null }])
})

t.test('lists of text with quotes, commas and nulls come back as they went', async (t) => {
  const echo = { name: 'echo', text: 'SELECT $1::text[] AS list' }
  const list = ['a,b', '"', '{}', '\\', '', null]
  t.same(await client.query(echo, [list]), [{ list }])
  t.same(await client.query({ name: 'empty', text: 'SELECT $1::int8[] AS list' }, [[]]), [{ list: [] }])
})

t.test('one statement is one round trip, with its rows and bytes', async (t) => {
  const cost = newCost()
  await client.query(GET, [[LARGEST, 1n]], cost)
  t.match(cost, { roundTrips: 1, statements: 1, rows: 1, roundTripsByStore: { postgres: 1 } })
  t.ok(cost.bytes > 50 && cost.bytes < 2_000, `${cost.bytes} bytes`)
})

t.test('a transaction is kept whole, and costs its BEGIN and COMMIT', async (t) => {
  const cost = newCost()
  await client.transaction(async (queries) => {
    await queries.query(ADD, [10n, 'ten', []], cost)
    await queries.query(ADD, [11n, 'eleven', []], cost)
  })
  t.equal(cost.roundTrips, 4)
  t.same((await client.query<{ n: bigint }>(COUNT))[0]?.n, 3n)
})

t.test('a transaction whose work throws leaves nothing behind', async (t) => {
  const mistake = new Error('changed my mind')
  const work = client.transaction(async (queries) => {
    await queries.query(ADD, [12n, 'twelve', []])
    throw mistake
  })
  await t.rejects(work, mistake)
  t.same(await client.query(GET, [[12n]]), [])
})

t.test('a transaction that swallowed an error is not taken for committed', async (t) => {
  const work = client.transaction(async (queries) => {
    await queries.query(ADD, [10n, 'again', []]).catch(() => undefined)
  })
  await t.rejects(work, { name: 'OperationFailure', kind: 'unexpected' })
})

t.test('an error of the server keeps its SQLSTATE, and the connection is used again', async (t) => {
  await t.rejects(client.query(ADD, [10n, 'again', []]), { code: '23505' })
  t.same(await client.query(ONE), [{ one: 1 }])
})

t.test('a serialization conflict is a conflict', async (t) => {
  const read = { name: 'read10', text: 'SELECT name FROM item WHERE id = 10' }
  const write = { name: 'write10', text: `UPDATE item SET name = name || '!' WHERE id = 10` }
  const work = client.transaction(async (queries) => {
    await queries.query(read)
    await client.query(write)
    await queries.query(write)
  }, 'BEGIN ISOLATION LEVEL SERIALIZABLE')
  await t.rejects(work, { name: 'OperationFailure', kind: 'conflict' })
})

t.test('a statement that takes too long is a timeout', async (t) => {
  const endpoint = endpoints.find(({ store }) => store === 'postgres')
  if (endpoint === undefined) throw new Error('no endpoint')
  const hasty = openPostgres(endpoint, { poolSize: 1, applicationName: 'hasty', statementTimeoutMs: 20 })
  t.teardown(() => hasty.close())
  const slow = { name: 'slow', text: 'SELECT pg_sleep(10)' }
  await t.rejects(hasty.query(slow), { name: 'OperationFailure', kind: 'timeout' })
  t.same(await hasty.query(ONE), [{ one: 1 }], 'and the next one is answered')
  await hasty.execute('SELECT pg_sleep(0.1)')
  const setting = { name: 'setting', text: `SELECT current_setting('statement_timeout') AS bound` }
  t.same(
    await hasty.query(setting),
    [{ bound: '20ms' }],
    'provisioning is not bounded, and leaves the bound in place',
  )
})

t.test('a session that the server ends is unavailable, and the next statement gets a new one', async (t) => {
  const pid = { name: 'pid', text: 'SELECT pg_backend_pid() AS pid' }
  const end = { name: 'end', text: 'SELECT pg_terminate_backend($1)' }
  const work = client.transaction(async (queries) => {
    const [row] = await queries.query<{ pid: number }>(pid)
    await client.query(end, [row?.pid ?? 0])
    await queries.query(ONE)
  })
  await t.rejects(work, { name: 'OperationFailure', kind: 'unavailable' })
  t.same(await client.query(ONE), [{ one: 1 }])
})

t.test('a server that is not there is unavailable', async (t) => {
  const [endpoint] = endpoints
  if (endpoint === undefined) throw new Error('no endpoint')
  const lost = openPostgres({ ...endpoint, port: 1 }, { poolSize: 1, applicationName: 'lost' })
  t.teardown(() => lost.close())
  await t.rejects(lost.query(ONE), { name: 'OperationFailure', kind: 'unavailable' })
  await t.rejects(
    lost.transaction(async () => 1),
    OperationFailure,
  )
})

t.test('COPY takes chunks that end anywhere', async (t) => {
  await client.execute('CREATE TABLE copied (id bigint, name text)')
  async function* chunks(): AsyncGenerator<string | Buffer> {
    yield '1\ton'
    yield Buffer.from('e\n2\t')
    yield 'two\n'
    for (let id = 3; id <= 20_000; id += 1) yield `${id}\tname of ${id}\n`
  }
  t.equal(await client.copyIn('COPY copied FROM STDIN', chunks()), 20_000)
  t.equal(await client.copyIn('COPY copied FROM STDIN', ['20001\tlast\n']), 1)
  const sum = { name: 'sum', text: 'SELECT count(*) AS n, max(id) AS last FROM copied' }
  t.same(await client.query(sum), [{ n: 20_001n, last: 20_001n }])
  await t.rejects(client.copyIn('COPY copied FROM STDIN', ['not a row\n']), { code: '22P02' })
  t.same(await client.query(ONE), [{ one: 1 }])
})

t.test('a database is cloned from a template that is in use, renamed and dropped', async (t) => {
  await client.createDatabase('template_a')
  const template = client.withDatabase('template_a')
  t.equal(client.withDatabase('template_a'), template, 'the same name gives the same client')
  await template.execute('CREATE TABLE kept (id bigint); INSERT INTO kept VALUES (7)')
  await client.createDatabase('clone_a', 'template_a')
  const kept = { name: 'kept', text: 'SELECT id FROM kept' }
  t.same(await client.withDatabase('clone_a').query(kept), [{ id: 7n }])
  t.same(await template.query(kept), [{ id: 7n }], 'the template is usable again')
  await client.renameDatabase('clone_a', 'clone_b')
  t.equal(await client.databaseExists('clone_a'), false)
  t.same(await client.withDatabase('clone_b').query(kept), [{ id: 7n }])
  for (const name of ['clone_b', 'template_a', 'never_there']) await client.dropDatabase(name)
  t.equal(await client.databaseExists('clone_b'), false)
  await t.rejects(client.createDatabase('a"; DROP'), { name: 'ArchError' })
})

t.test('the application role owns its databases and is no superuser', async (t) => {
  const role = {
    name: 'role',
    text: 'SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user',
  }
  t.same(await client.query(role), [{ rolsuper: false, rolcreatedb: true, rolcreaterole: false }])
})

t.test('each execution plans anew, so that it locks only the partitions that it needs', async (t) => {
  const mode = {
    name: 'mode',
    text: `SELECT current_setting('plan_cache_mode') AS mode, current_setting('TimeZone') AS zone`,
  }
  t.same(await client.query(mode), [{ mode: 'force_custom_plan', zone: 'UTC' }])
})

t.test('more callers than connections wait for their turn', async (t) => {
  const rows = await Promise.all(Array.from({ length: 100 }, () => client.query<{ one: number }>(ONE)))
  t.equal(rows.filter(([row]) => row?.one === 1).length, 100)
})
