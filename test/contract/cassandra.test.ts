import t from 'tap'
import { newCost } from '../../src/core/cost.ts'
import type { StoreEndpoint } from '../../src/core/store.ts'
import { facts } from '../../src/stores/cassandra/facts.ts'
import { openCassandra } from '../../src/stores/cassandra/connect.ts'
import type {
  CassandraClient,
  CassandraStatement,
  CassandraValue,
} from '../../src/stores/cassandra/client.ts'
import { keyspaceDifferences, provisionKeyspace } from '../../src/patterns/keyspace.ts'
import { startTestStores } from '../helpers/stores.ts'

const { stores, endpoints } = await startTestStores(['cassandra'])
const server = stores['cassandra'] as CassandraClient
const endpoint = endpoints[0] as StoreEndpoint
const LARGEST = 9_223_372_036_854_775_807n
const ONE = '00000000-0000-4000-8000-000000000001'
const TWO = '00000000-0000-4000-8000-000000000002'
/** A timeuuid. */
const FIRST = '13814000-1dd2-11b2-8080-808080808080'

function statement(text: string, idempotent = true): CassandraStatement {
  return { text, idempotent }
}

await server.createKeyspace('arch_test')
const client = server.withKeyspace('arch_test')
await client.execute(`
  -- A table; with a comment
  CREATE TABLE message (
    conversation uuid, bucket int, id bigint, sender bigint, envelope blob,
    PRIMARY KEY ((conversation, bucket), id)
  ) WITH CLUSTERING ORDER BY (id DESC) AND gc_grace_seconds = 3600 AND default_time_to_live = 86400
    AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', 'compaction_window_size': '10'};
  CREATE TABLE kind (id int PRIMARY KEY, a ascii, b boolean, c bigint, d double, e decimal, f float, g blob, h text,
    i inet, j smallint, k tinyint, l varint, m timestamp, n date, o time, p uuid, q timeuuid,
    r list<uuid>, s set<text>, t map<text, timeuuid>, u frozen<map<uuid, bigint>>);
  CREATE TABLE counted (id int PRIMARY KEY, n counter);
  CREATE TABLE claim (id uuid PRIMARY KEY, device bigint, name text);
  INSERT INTO claim (id, device, name) VALUES (${TWO}, 1, 'it''s; quoted');
`)

const ADD = statement(
  'INSERT INTO message (conversation, bucket, id, sender, envelope) VALUES (?, ?, ?, ?, ?)',
)
const READ = statement('SELECT id, sender, envelope FROM message WHERE conversation = ? AND bucket = ?')

function message(conversation: string, bucket: number, id: bigint): CassandraValue[] {
  return [conversation, bucket, id, 7n, Buffer.from([1, 2, 3])]
}

t.test(
  'a statement is bound by parameters alone, and one is one round trip with its rows and bytes',
  async (t) => {
    const cost = newCost()
    await client.query(ADD, message(ONE, 0, LARGEST), { cost })
    t.match(cost, { roundTrips: 1, statements: 1, rows: 0, roundTripsByStore: { cassandra: 1 } })
    t.ok(cost.bytes > 50 && cost.bytes < 500, `${cost.bytes} bytes`)
    const rows = await client.query(READ, [ONE, 0], { cost })
    t.same(rows, [{ id: LARGEST, sender: 7n, envelope: Buffer.from([1, 2, 3]) }])
    t.match(cost, { roundTrips: 2, rows: 1 })
  },
)

t.test('every kind of value comes back as it went (X-04, M-23)', async (t) => {
  const values: Record<string, CassandraValue> = {
    id: -2_147_483_648,
    a: 'plain',
    b: true,
    c: -LARGEST - 1n,
    d: 1e300,
    e: '12345678901234567890.0123456789',
    f: 0.5,
    g: new Uint8Array([0, 255, 7]),
    h: 'ünïcode ✓',
    i: '127.0.0.1',
    j: -32_768,
    k: 127,
    l: 2n ** 200n,
    m: new Date('2026-11-28T14:15:16.789Z'),
    n: '2026-11-28',
    o: '13:30:54.234',
    p: ONE,
    q: FIRST,
    r: [TWO, ONE],
    s: new Set(['b', 'a']),
    t: new Map([['first', FIRST]]),
    u: new Map([[ONE, LARGEST]]),
  }
  const names = Object.keys(values)
  const marks = names.map(() => '?').join(', ')
  await client.query(
    statement(`INSERT INTO kind (${names.join(', ')}) VALUES (${marks})`),
    Object.values(values),
  )
  const [row] = await client.query<Record<string, unknown>>(
    statement(`SELECT ${names.join(', ')} FROM kind WHERE id = ?`),
    [-2_147_483_648],
  )
  const { g, ...others } = row ?? {}
  t.same(Uint8Array.from(g as Uint8Array), values['g'])
  t.ok(g instanceof Uint8Array)
  for (const [name, value] of Object.entries(others)) t.strictSame(value, values[name], `column ${name}`)
  const unset = statement('SELECT h, r FROM kind WHERE id = ?')
  await client.query(statement('INSERT INTO kind (id, h) VALUES (?, ?)'), [2, 'two'])
  t.same(await client.query(unset, [2]), [{ h: 'two', r: null }], 'what was never written is null')
})

t.test('a value that would be rounded, cut or taken for another is refused before it is sent', async (t) => {
  const into = (column: string, value: unknown): Promise<unknown> =>
    client.query(statement(`INSERT INTO kind (id, ${column}) VALUES (?, ?)`), [9, value as CassandraValue])
  const wrong: [string, unknown][] = [
    ['c', 1],
    ['c', 2n ** 63n],
    ['j', 40_000],
    ['k', 1.5],
    ['d', 1n],
    ['h', 7],
    ['m', new Date(Number.NaN)],
    ['m', 1_700_000_000],
    ['p', 'no uuid'],
    ['q', ONE],
    ['g', 'text'],
    ['r', new Set([ONE])],
    ['s', ['a']],
    ['u', new Map([[ONE, 1]])],
  ]
  for (const [column, value] of wrong)
    await t.rejects(into(column, value), {
      name: 'TypeError',
      message: new RegExp(`value 2 \\(${column}\\)`),
    })
  t.same(await client.query(statement('SELECT id FROM kind WHERE id = ?'), [9]), [])
})

t.test('undefined and null are never bound: each would be a tombstone (M-15)', async (t) => {
  for (const value of [undefined, null]) {
    const values = [ONE, 0, 1n, value as unknown as bigint, Buffer.from([1])]
    await t.rejects(client.query(ADD, values), {
      name: 'TypeError',
      message: /value 4 \(sender\).*tombstone/,
    })
  }
  await t.rejects(client.query(ADD, [ONE, 0]), { message: /5 values belong to .*, and 2 are given/ })
})

t.test(
  'pages follow each other by an opaque text, one round trip each, also through another client',
  async (t) => {
    await client.writeAll(
      ADD,
      Array.from({ length: 250 }, (_, index) => message(TWO, 1, BigInt(index))),
    )
    const first = await client.page<{ id: bigint }>(READ, [TWO, 1], { size: 100 })
    t.equal(first.rows.length, 100)
    t.equal(first.rows[0]?.id, 249n, 'newest first')
    const other = openCassandra(endpoint, { poolSize: 1, applicationName: 'other' })
    t.teardown(() => other.close())
    const cost = newCost()
    const ids = first.rows.map(({ id }) => id)
    for (let next = first.next; next !== undefined;) {
      const page = await other
        .withKeyspace('arch_test')
        .page<{ id: bigint }>(READ, [TWO, 1], { size: 100, state: next, cost })
      ids.push(...page.rows.map(({ id }) => id))
      next = page.next
    }
    t.same(
      ids,
      Array.from({ length: 250 }, (_, index) => BigInt(249 - index)),
    )
    t.match(cost, { roundTrips: 2, rows: 150 })
    await t.rejects(client.page(READ, [TWO, 1], { size: 10, state: "x'" }), TypeError)
  },
)

t.test('an answer is never cut short in silence', async (t) => {
  const rows = Array.from({ length: 5_001 }, (_, index) => message(TWO, 2, BigInt(index)))
  t.equal(await client.writeAll(ADD, rows, { consistency: 'LOCAL_ONE' }), 5_001)
  await t.rejects(client.query(READ, [TWO, 2]), { kind: 'unexpected', message: /more than 5000 rows/ })
})

t.test('a condition says whether it was applied, and what it found', async (t) => {
  const claim = statement('INSERT INTO claim (id, device, name) VALUES (?, ?, ?) IF NOT EXISTS', false)
  t.same(await client.applyIf(claim, [ONE, 1n, 'one']), { applied: true })
  t.same(await client.applyIf(claim, [ONE, 2n, 'two']), {
    applied: false,
    found: { id: ONE, device: 1n, name: 'one' },
  })
  const remove = statement('DELETE FROM claim WHERE id = ? IF device = ?', false)
  t.same(await client.applyIf(remove, [ONE, 2n]), { applied: false, found: { device: 1n } })
  const serial = await client.query(statement('SELECT device FROM claim WHERE id = ?'), [ONE], {
    consistency: 'LOCAL_SERIAL',
  })
  t.same(serial, [{ device: 1n }])
  t.same(await client.applyIf(remove, [ONE, 1n], { serialConsistency: 'SERIAL' }), { applied: true })
  t.same(await client.applyIf(remove, [ONE, 1n]), { applied: false })
})

t.test('of many who claim one row at once, one gets it (M-13)', async (t) => {
  const claim = statement('DELETE FROM claim WHERE id = ? IF EXISTS', false)
  const takers = await Promise.all(Array.from({ length: 20 }, () => client.applyIf(claim, [TWO])))
  t.equal(takers.filter(({ applied }) => applied).length, 1)
})

t.test(
  'a batch is of one partition, whole and one round trip; of several it is refused (M-21)',
  async (t) => {
    const cost = newCost()
    const writes = [1n, 2n, 3n].map((id) => ({ statement: ADD, values: message(ONE, 3, id) }))
    t.same(await client.batch(writes, { cost }), { applied: true })
    t.match(cost, { roundTrips: 1, statements: 3 })
    t.equal((await client.query(READ, [ONE.toUpperCase(), 3])).length, 3)
    const across = [...writes, { statement: ADD, values: message(ONE, 4, 1n) }]
    await t.rejects(client.batch(across), {
      name: 'TypeError',
      message: /of one partition, and this one is of 2/,
    })
    const open = statement('DELETE FROM message WHERE conversation = ? AND bucket = 3')
    await t.rejects(client.batch([{ statement: open, values: [ONE] }]), { message: /whole partition key/ })
    t.same(await client.batch([]), { applied: true })
  },
)

t.test('a counter counts, and is a bigint', async (t) => {
  const add = statement('UPDATE counted SET n = n + ? WHERE id = ?', false)
  await client.query(add, [5n, 1])
  await client.query(add, [-2n, 1])
  t.same(await client.query(statement('SELECT n FROM counted WHERE id = ?'), [1]), [{ n: 3n }])
})

t.test('consistency is the asker’s: one node cannot give what it is not', async (t) => {
  for (const consistency of ['ONE', 'LOCAL_ONE', 'QUORUM', 'LOCAL_QUORUM', 'ALL', 'SERIAL'] as const)
    t.equal((await client.query(READ, [ONE, 3], { consistency })).length, 3, consistency)
  await server.createKeyspace('arch_three', { datacenter1: 3 })
  const three = server.withKeyspace('arch_three')
  await three.execute('CREATE TABLE t (id int PRIMARY KEY)')
  const add = statement('INSERT INTO t (id) VALUES (?)')
  await t.rejects(three.query(add, [1], { consistency: 'QUORUM' }), {
    name: 'OperationFailure',
    kind: 'unavailable',
  })
  await three.query(add, [1], { consistency: 'ONE' })
  await server.dropKeyspace('arch_three')
})

t.test('a write survives a power loss, and nothing at all in a keyspace without a commit log', async (t) => {
  t.match(await facts(endpoint), {
    version: '5.0.9',
    acknowledgedSurvives: 'power loss',
    settings: { commitlog_sync: 'batch', datacenter: 'datacenter1', durable_writes: 'true' },
  })
  const replication = `{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`
  await server.execute(
    `CREATE KEYSPACE arch_loose WITH replication = ${replication} AND durable_writes = false`,
  )
  t.match(await facts(endpoint), { acknowledgedSurvives: 'nothing', settings: { durable_writes: 'false' } })
  await server.dropKeyspace('arch_loose')
})

t.test('of many writes the first that fails is told, and no more are begun', async (t) => {
  let taken = 0
  function* rows(): Generator<CassandraValue[]> {
    for (; ; taken += 1) yield taken === 100 ? [ONE, 5, 1n] : message(ONE, 5, BigInt(taken))
  }
  await t.rejects(client.writeAll(ADD, rows(), { concurrency: 4 }), {
    name: 'TypeError',
    message: /5 values/,
  })
  t.ok(taken < 110, `${taken} were taken`)
})

t.test('the live schema is described as it was declared', async (t) => {
  const schema = await client.describe()
  t.same(schema?.replication, { class: 'NetworkTopologyStrategy', datacenter1: '1' })
  t.same(
    schema?.tables.map(({ name }) => name),
    ['claim', 'counted', 'kind', 'message'],
  )
  const table = schema?.tables.find(({ name }) => name === 'message')
  t.same(table?.columns, [
    { name: 'conversation', type: 'uuid', kind: 'partition_key', position: 0, order: 'none' },
    { name: 'bucket', type: 'int', kind: 'partition_key', position: 1, order: 'none' },
    { name: 'id', type: 'bigint', kind: 'clustering', position: 0, order: 'desc' },
    { name: 'envelope', type: 'blob', kind: 'regular', position: -1, order: 'none' },
    { name: 'sender', type: 'bigint', kind: 'regular', position: -1, order: 'none' },
  ])
  t.match(table?.options, {
    'compaction.class': 'TimeWindowCompactionStrategy',
    'compaction.compaction_window_size': '10',
    default_time_to_live: '86400',
    gc_grace_seconds: '3600',
  })
  await client.execute('CREATE INDEX claim_by_device ON claim (device)')
  t.same((await client.describe())?.tables[0]?.indexes, ['claim_by_device'])
  t.equal(await server.withKeyspace('never_there').describe(), undefined)
})

t.test('keyspaces are made, found, dropped and made again under a client that has used them', async (t) => {
  await server.createKeyspace('arch_a')
  await server.createKeyspace('arch_a')
  const inside = server.withKeyspace('arch_a')
  t.equal(server.withKeyspace('arch_a'), inside, 'the same name gives the same client')
  const add = statement('INSERT INTO t (id) VALUES (?)')
  for (const _ of [1, 2]) {
    await inside.execute('CREATE TABLE t (id int PRIMARY KEY)')
    await inside.query(add, [1])
    t.equal(await server.keyspaceExists('arch_a'), true)
    t.same(await server.keyspaceNames(), ['arch_a', 'arch_test'])
    await server.dropKeyspace('arch_a')
    await server.dropKeyspace('arch_a')
    t.equal(await server.keyspaceExists('arch_a'), false)
    await t.rejects(inside.query(add, [1]), { kind: 'unexpected', message: /arch_a/ })
    await server.createKeyspace('arch_a')
  }
  await server.dropKeyspace('arch_a')
  await t.rejects(server.createKeyspace('a"; DROP'), { name: 'ArchError' })
})

t.test('the declared tables of messaging are made once, and every change by hand is told', async (t) => {
  for (const [name, tables] of [
    ['cassandra', 15],
    ['as-written', 2],
  ] as const) {
    const declared = { keyspace: 'arch_messaging', files: [`schemas/messaging/${name}.cql`] }
    const { keyspace } = declared
    t.match(await keyspaceDifferences(server, declared), [
      { object: 'keyspace arch_messaging', found: 'nothing' },
    ])
    t.same(await provisionKeyspace(server, declared), {
      changed: true,
      summary: `arch_messaging: ${tables} of ${tables} tables made`,
    })
    t.match(await provisionKeyspace(server, declared), { changed: false })
    t.same(await keyspaceDifferences(server, declared), [])
    const inbox = name === 'cassandra' ? 'inbox' : 'user_inbox'
    await server
      .withKeyspace(keyspace)
      .execute(
        `ALTER TABLE messages ADD extra int; ALTER TABLE messages WITH gc_grace_seconds = 7; DROP TABLE ${inbox}`,
      )
    t.same(await keyspaceDifferences(server, declared), [
      { object: 'column messages.extra', expected: 'nothing', found: 'int regular' },
      { object: 'option messages.gc_grace_seconds', expected: '864000', found: '7' },
      { object: `table ${inbox}`, expected: 'a table', found: 'nothing' },
    ])
    await server.dropKeyspace(keyspace)
  }
})

t.test('the application’s role is no superuser and sees no keyspace that is not its own', async (t) => {
  await t.rejects(server.execute('CREATE ROLE other WITH LOGIN = true'), { name: 'ArchError' })
  await t.rejects(server.query(statement('SELECT role FROM system_auth.roles')), { name: 'ArchError' })
  const stranger = openCassandra(
    { ...endpoint, user: 'cassandra', password: 'cassandra' },
    { poolSize: 1, applicationName: 'stranger' },
  )
  t.teardown(() => stranger.close())
  await t.rejects(stranger.keyspaceNames(), { name: 'ArchError', message: /user or the password/ })
})

t.test('a server that is not there is unavailable; a client that is closed too', async (t) => {
  const lost = openCassandra({ ...endpoint, port: 1 }, { poolSize: 1, applicationName: 'lost' })
  await t.rejects(lost.keyspaceNames(), { name: 'OperationFailure', kind: 'unavailable' })
  await lost.close()
  await t.rejects(lost.keyspaceNames(), { name: 'OperationFailure', kind: 'unavailable' })
})

t.test('what the server does not take is unexpected, and the connection is used again', async (t) => {
  await t.rejects(client.query(statement('SELECT nothing FROM message')), {
    name: 'OperationFailure',
    kind: 'unexpected',
  })
  await t.rejects(client.query(statement('SELEC')), { name: 'OperationFailure', kind: 'unexpected' })
  t.equal((await client.query(READ, [ONE, 3])).length, 3)
})

t.test('a datacentre that is not there is told by its name', async (t) => {
  const elsewhere = openCassandra(
    { ...endpoint, datacenter: 'moon' },
    { poolSize: 1, applicationName: 'elsewhere' },
  )
  t.teardown(() => elsewhere.close())
  await t.rejects(elsewhere.keyspaceNames(), { name: 'ArchError', message: /moon.*datacenter1/ })
})

t.test('a thousand requests go out together on one connection', async (t) => {
  const narrow = openCassandra(endpoint, { poolSize: 1, applicationName: 'narrow' })
  t.teardown(() => narrow.close())
  const inside = narrow.withKeyspace('arch_test')
  await inside.query(READ, [ONE, 3])
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => inside.query(READ, [ONE, 3])))
  t.ok(answers.every((rows) => rows.length === 3))
})
