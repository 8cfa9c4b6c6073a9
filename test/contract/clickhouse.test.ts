import { inspect } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { newCost } from '../../src/core/cost.ts'
import type { ClickHouseClient } from '../../src/stores/clickhouse/client.ts'
import { openClickHouse } from '../../src/stores/clickhouse/connect.ts'
import { exceptionCode } from '../../src/stores/clickhouse/failures.ts'
import { startTestStores } from '../helpers/stores.ts'

const { stores, endpoints } = await startTestStores(['clickhouse'])
const client = stores['clickhouse'] as ClickHouseClient
const LARGEST = 9_223_372_036_854_775_807n
const [endpoint] = endpoints
if (endpoint === undefined) throw new Error('no endpoint')
const { user = '', password = '', port } = endpoint
const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** The protocol itself, as curl or another client would speak it. */
function ask(search: Record<string, string>, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: basic, ...(init.headers as Record<string, string>) }
  return fetch(`http://127.0.0.1:${port}/?${new URLSearchParams(search).toString()}`, { ...init, headers })
}

/** A fresh table of the test's own. */
async function tableOf(
  name: string,
  columns: string,
  rest = 'ENGINE = MergeTree ORDER BY id',
): Promise<string> {
  await client.command(`CREATE TABLE ${name} (${columns}) ${rest}`)
  return name
}

function lines(rows: readonly object[]): Buffer {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

async function countOf(table: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`SELECT count() AS count FROM ${table}`)
  return Number(rows[0]?.count)
}

t.test('64-bit integers, decimals and moments come back as they went (law 9)', async (t) => {
  const table = await tableOf(
    'exact',
    "id Int64, big UInt64, money Decimal(18, 2), at DateTime64(3, 'UTC'), name LowCardinality(String), tags Array(String), gone Nullable(String)",
  )
  const row = {
    id: String(LARGEST),
    big: '18446744073709551615',
    money: '12345678901234.56',
    at: '2026-11-28 01:02:03.456',
    name: 'quote \' " \\ \n\t line',
    tags: ["it's", 'two'],
    gone: null,
  }
  await client.insert(table, 'JSONEachRow', lines([row]))
  t.same((await client.query(`SELECT * FROM ${table}`)).rows, [row])
})

t.test('a parameter is a value, whatever it holds', async (t) => {
  const parameters = {
    id: LARGEST,
    text: "'; DROP TABLE x; -- \\ \n\t {id:String}",
    at: new Date('2026-11-28T01:02:03.456Z'),
    list: ["it's", 'a\\b', ''],
    numbers: [1n, LARGEST],
    none: null,
    yes: true,
    database: 'system',
  }
  const { rows } = await client.query(
    `SELECT {id:Int64} AS id, {text:String} AS text, toString({at:DateTime64(3, 'UTC')}) AS at,
            {list:Array(String)} AS list, {numbers:Array(Int64)} AS numbers,
            {none:Nullable(String)} AS none, {yes:Bool} AS yes, count() > 0 AS found
       FROM {database:Identifier}.databases LIMIT {id:UInt64}`,
    { parameters },
  )
  t.same(rows, [
    {
      id: String(LARGEST),
      text: parameters.text,
      at: '2026-11-28 01:02:03.456',
      list: parameters.list,
      numbers: ['1', String(LARGEST)],
      none: null,
      yes: true,
      found: 1,
    },
  ])
  const missing: unknown = await client.query('SELECT {id:Int64}').catch((error: unknown) => error)
  t.equal(exceptionCode(missing), 456, 'what one statement was given, the next one has not')
})

t.test('parameters and settings of statements that run at once are never mixed up', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, id) =>
      client.query<{ id: number; threads: string }>(
        `SELECT {id:UInt32} AS id, toString(getSetting('max_threads')) AS threads`,
        { parameters: { id }, settings: { max_threads: (id % 7) + 1 } },
      ),
    ),
  )
  for (const [id, { rows }] of answers.entries()) t.same(rows, [{ id, threads: String((id % 7) + 1) }])
})

t.test('an answer says what the engine read for it, and one request is one round trip', async (t) => {
  const cost = newCost()
  const table = await tableOf('cost', 'id UInt64')
  await client.insert(table, 'JSONEachRow', lines([{ id: 1 }, { id: 2 }, { id: 3 }]), { cost })
  t.match(cost, { roundTrips: 1, statements: 1, rows: 3, roundTripsByStore: { clickhouse: 1 } })
  const answer = await client.query(`SELECT id FROM ${table} WHERE id > 1 ORDER BY id`, { cost })
  t.match(answer, { rows: [{ id: '2' }, { id: '3' }], rowsRead: 3, bytesRead: 24 })
  t.ok(answer.elapsedMs > 0 && answer.elapsedMs < 10_000, `${answer.elapsedMs} ms`)
  await client.command(`INSERT INTO ${table} SELECT number FROM numbers(10)`, { cost })
  t.match(cost, { roundTrips: 3, statements: 3 })
  await client.insert(table, 'JSONEachRow', [], { cost })
  t.equal(cost.roundTrips, 3, 'none where there is nothing to do')
  t.equal(await countOf(table), 13)
})

t.test('rows go in as bytes of every format, in many parts too', async (t) => {
  const table = await tableOf('formats', 'id UInt64, name String')
  await client.insert(table, 'JSONCompactEachRow', Buffer.from('[1,"compact\\nline"]\n[2,"two"]'))
  const binary = Buffer.alloc(9 + 4)
  binary.writeBigUInt64LE(3n)
  binary.writeUInt8(4, 8)
  // Zeros, line breaks and what is no UTF-8 are bytes like others.
  Buffer.from([0, 10, 10, 255]).copy(binary, 9)
  await client.insert(table, 'RowBinary', [binary.subarray(0, 5), binary.subarray(5)])
  const native = await ask(
    { query: `SELECT toUInt64(4) AS id, 'native' AS name FORMAT Native` },
    { method: 'POST' },
  )
  await client.insert(table, 'Native', Buffer.from(await native.arrayBuffer()))
  await client.insert(table, 'JSONCompactEachRow', Buffer.from('["columns",5]'), { columns: ['name', 'id'] })
  const { rows } = await client.query(`SELECT id, hex(name) AS name FROM ${table} ORDER BY id`)
  const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase()
  t.same(rows, [
    { id: '1', name: hex('compact\nline') },
    { id: '2', name: hex('two') },
    { id: '3', name: '000A0AFF' },
    { id: '4', name: hex('native') },
    { id: '5', name: hex('columns') },
  ])
})

t.test(
  'a hundred thousand rows are one insert and one part, without a look at them on the way',
  async (t) => {
    const table = await tableOf('large', 'id UInt64, text String')
    const text = 'x'.repeat(480)
    const chunks = Array.from({ length: 10 }, (_, chunk) =>
      lines(Array.from({ length: 10_000 }, (_, row) => ({ id: chunk * 10_000 + row, text }))),
    )
    t.ok(chunks.reduce((sum, chunk) => sum + chunk.length, 0) > 50e6)
    await client.insert(table, 'JSONEachRow', chunks, {
      settings: {
        max_execution_time: 60,
        input_format_parallel_parsing: 0,
        max_insert_block_size: 1_000_000,
        min_insert_block_size_rows: 1_000_000,
        min_insert_block_size_bytes: 0,
      },
    })
    const { rows } = await client.query(
      `SELECT count() AS rows, sum(id) AS sum, (SELECT count() FROM system.parts
      WHERE active AND database = currentDatabase() AND table = 'large') AS parts FROM ${table}`,
    )
    t.same(rows, [{ rows: '100000', sum: '4999950000', parts: '1' }])
  },
)

t.test(
  'an exception is told by its code: what is wrong with the rows, what is not there, what is too much',
  async (t) => {
    const table = await tableOf('wrong', 'id UInt64')
    const codeOf = async (work: Promise<unknown>, kind: string): Promise<number | undefined> => {
      const error: unknown = await work.catch((thrown: unknown) => thrown)
      t.match(error, { name: 'OperationFailure', kind, message: /^clickhouse: / })
      return exceptionCode(error)
    }
    t.equal(await codeOf(client.query('SELEC 1'), 'unexpected'), 62)
    t.equal(await codeOf(client.query('SELECT * FROM absent'), 'unexpected'), 60)
    t.equal(await codeOf(client.command('INSERT INTO absent SELECT 1'), 'unexpected'), 60)
    const parse = await codeOf(client.insert(table, 'JSONEachRow', Buffer.from('{"id": "x"}')), 'unexpected')
    t.ok([6, 26, 27, 72, 117].includes(parse ?? 0), `${parse}`)
    const unknown = await codeOf(
      client.insert(table, 'JSONEachRow', Buffer.from('{"nmae": 1}'), {
        settings: { input_format_skip_unknown_fields: 0 },
      }),
      'unexpected',
    )
    t.equal(unknown, 117)
    const greedy = client.query('SELECT length(groupArray(number)) AS l FROM numbers(100000000)', {
      settings: { max_memory_usage: 50_000_000 },
    })
    t.equal(await codeOf(greedy, 'unavailable'), 241)
    t.equal(await codeOf(client.query('SELECT 1', { settings: { no_such_setting: 1 } }), 'unexpected'), 115)
    t.equal(await countOf(table), 0, 'rows that cannot be read leave none of their block')
  },
)

t.test('there is a volume for what is old, and a server without one is told what it lacks', async (t) => {
  const { rows } = await client.query(
    "SELECT groupArray(volume_name) AS volumes FROM system.storage_policies WHERE policy_name = 'tiered'",
  )
  t.same(rows, [{ volumes: ['hot', 'cold'] }])
  const elsewhere = "CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'x'"
  await t.rejects(client.command(elsewhere), {
    name: 'ArchError',
    message: /no volume for what is old: .*storage policy `x`/,
  })
})

t.test('a statement that takes too long is ended by the server, and the caller told so', async (t) => {
  const endless = 'SELECT count() AS c FROM numbers_mt(1000000000000) WHERE number % 7 = 1'
  const late: unknown = await client
    .query(endless, { settings: { max_execution_time: 0.3 } })
    .catch((error: unknown) => error)
  t.match(late, { name: 'OperationFailure', kind: 'timeout' })
  t.equal(exceptionCode(late), 159)
  const controller = new AbortController()
  const given = client.query('SELECT sleep(1)', { signal: controller.signal })
  controller.abort()
  await t.rejects(given, { name: 'OperationFailure', kind: 'timeout' })
  await t.rejects(client.query('SELECT 1', { signal: controller.signal }), {
    name: 'OperationFailure',
    kind: 'timeout',
  })
})

t.test('a quick statement does not wait for a slow one', async (t) => {
  let slowIsDone = false
  const slow = client.query('SELECT sleep(2)').then(() => {
    slowIsDone = true
  })
  for (let turn = 0; turn < 20; turn += 1)
    await client.query('SELECT {turn:UInt8} AS turn', { parameters: { turn } })
  t.equal(slowIsDone, false)
  await slow
})

t.test('databases are apart, and are made and dropped with all that is in them', async (t) => {
  const [left, right] = [client.withDatabase('left_one'), client.withDatabase('right_one')]
  t.equal(client.withDatabase('left_one'), left)
  for (const name of ['left_one', 'right_one']) await client.createDatabase(name)
  await left.command('CREATE TABLE items (id UInt64) ENGINE = MergeTree ORDER BY id')
  await left.command('CREATE VIEW all_items AS SELECT * FROM items')
  t.same([await left.tableNames(), await right.tableNames()], [['all_items', 'items'], []])
  const again: unknown = await client.createDatabase('left_one').catch((error: unknown) => error)
  t.equal(exceptionCode(again), 82)
  await left.dropDatabase('left_one')
  await left.dropDatabase('left_one')
  t.same([await client.databaseExists('left_one'), await client.databaseExists('right_one')], [false, true])
  for (const name of ['a.b', 'a`b', '', 'a b'])
    await t.rejects(async () => client.createDatabase(name), /no name in ClickHouse/)
})

t.test('the same insert again, by its token, is there once, and once in its views (C-18)', async (t) => {
  const table = await tableOf(
    'tokens',
    'id UInt64',
    'ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100',
  )
  await client.command(
    `CREATE TABLE sums (day Date, total SimpleAggregateFunction(sum, UInt64), people AggregateFunction(uniq, UInt64))
     ENGINE = AggregatingMergeTree ORDER BY day SETTINGS non_replicated_deduplication_window = 100`,
  )
  await client.command(
    `CREATE MATERIALIZED VIEW to_sums TO sums AS
     SELECT toDate('2026-11-28') AS day, sum(id) AS total, uniqState(id) AS people FROM ${table} GROUP BY day`,
  )
  const insert = (token: string, ids: readonly number[]): Promise<void> =>
    client.insert(table, 'JSONEachRow', lines(ids.map((id) => ({ id }))), {
      settings: { insert_deduplication_token: token, deduplicate_blocks_in_dependent_materialized_views: 1 },
    })
  for (let turn = 0; turn < 3; turn += 1) await insert('p0:0-2', [1, 2])
  await insert('p0:2-4', [1, 2])
  await insert('p0:2-4', [9, 9, 9])
  t.equal(await countOf(table), 4)
  const { rows } = await client.query('SELECT sum(total) AS total, uniqMerge(people) AS people FROM sums')
  t.same(rows, [{ total: '6', people: '2' }])
})

t.test('anybody else is refused, and no password is printed', async (t) => {
  for (const [name, secret] of [
    [user, 'hunter2-hunter2'],
    ['default', ''],
    ['hunter2-hunter2', password],
  ] as const) {
    const stranger = openClickHouse(
      { ...endpoint, user: name, password: secret },
      { poolSize: 1, applicationName: 'x' },
    )
    const error: unknown = await stranger.query('SELECT 1').catch((thrown: unknown) => thrown)
    await stranger.close()
    t.match(error, { name: 'ArchError', exitCode: 3, message: /refuses the user or the password/ })
    if (secret !== '') t.notOk(inspect(error, { depth: 20, showHidden: true }).includes(secret))
  }
  const bare = await fetch(`http://127.0.0.1:${port}/?query=SELECT+1`)
  t.equal(bare.ok, false)
  t.match(bare.headers.get('x-clickhouse-exception-code'), /^(516|194)$/)
})

t.test('more callers than connections wait for their turn', async (t) => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => client.query('SELECT 1 AS one')))
  t.ok(answers.every(({ rows }) => rows.length === 1))
})

t.test('a server that is not there is unavailable', async (t) => {
  const lost = openClickHouse({ ...endpoint, port: 1 }, { poolSize: 1, applicationName: 'lost' })
  t.teardown(() => lost.close())
  for (let attempt = 0; attempt < 2; attempt += 1)
    await t.rejects(lost.query('SELECT 1'), { name: 'OperationFailure', kind: 'unavailable' })
})

t.test("any client of ClickHouse's HTTP protocol is answered", async (t) => {
  const table = await tableOf('protocol', 'id UInt64')
  t.equal(await (await fetch(`http://127.0.0.1:${port}/ping`)).text(), 'Ok.\n')
  t.equal(await (await ask({ query: 'SELECT 1, 2' })).text(), '1\t2\n')
  t.equal(await (await ask({}, { method: 'POST', body: 'SELECT 3 FORMAT JSONEachRow' })).text(), '{"3":3}\n')
  const half = { query: `INSERT INTO ${endpoint.database}.${table}` }
  t.equal((await ask(half, { method: 'POST', body: 'VALUES (1), (2)' })).status, 200)
  t.equal(
    (
      await ask(half, {
        method: 'POST',
        body: gzipSync('FORMAT TSV\n3\n4\n'),
        headers: { 'content-encoding': 'gzip' },
      })
    ).status,
    200,
  )
  const database = endpoint.database ?? ''
  const inHeaders = await fetch(
    `http://127.0.0.1:${port}/?database=${database}&default_format=CSV&wait_end_of_query=1`,
    {
      method: 'POST',
      headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': password },
      body: `SELECT id FROM ${table} ORDER BY id`,
    },
  )
  t.equal(await inHeaders.text(), '1\n2\n3\n4\n')
  t.match(JSON.parse(inHeaders.headers.get('x-clickhouse-summary') ?? ''), { result_rows: '4' })
  const written = await ask({ query: `INSERT INTO ${database}.${table} VALUES (5)` })
  t.equal(written.headers.get('x-clickhouse-exception-code'), '164', 'what a link can do is read')
  const input = `INSERT INTO ${database}.${table} SELECT id FROM input('id UInt64') FORMAT TSV`
  const refused = await ask({ query: input }, { method: 'POST', body: '5' })
  t.ok(refused.ok ? (await countOf(table)) === 5 : refused.status === 501, 'rows are taken or refused')
  const wrong = await ask({ query: 'SELECT * FROM absent' })
  t.equal(wrong.status, 404)
  t.match(await wrong.text(), /^Code: 60\. DB::Exception: /)
  const zipped = await ask({ query: 'SELECT 1', enable_http_compression: '1' })
  t.equal(await zipped.text(), '1\n')
  t.equal(gunzipSync(gzipSync('x')).toString(), 'x')
})

t.test('a session keeps its temporary tables and settings, and only for itself', async (t) => {
  const say = async (session: string, text: string): Promise<string> =>
    (await ask({ session_id: session }, { method: 'POST', body: text })).text()
  await say('one', 'CREATE TEMPORARY TABLE kept (id UInt8)')
  await say('one', 'INSERT INTO kept VALUES (7)')
  t.equal(await say('one', 'SELECT id FROM kept'), '7\n')
  t.match(await say('two', 'SELECT id FROM kept'), /Code: 60/)
})

t.test('an answer comes in parts, as large as it may be, and one that breaks off is not whole', async (t) => {
  const large = await ask({ query: 'SELECT number FROM numbers(2000000) FORMAT RowBinary' })
  t.equal(large.headers.get('content-length'), null)
  const bytes = Buffer.from(await large.arrayBuffer())
  t.equal(bytes.length, 16_000_000)
  t.equal(bytes.readBigUInt64LE(bytes.length - 8), 1_999_999n)
  const query = 'SELECT throwIf(number = 1500000) FROM numbers(2000000) SETTINGS max_block_size = 1000'
  const said = await ask({ query })
    .then((answer) => answer.text())
    .catch((error: unknown) => String(error))
  // The connection is cut, or the exception is the last that is said.
  t.match(said, /Code: 395|terminated|fetch failed/)
})

t.test('a statement that only reads is ended when nobody waits for it', async (t) => {
  const controller = new AbortController()
  const endless = ask(
    {
      query: 'SELECT count() FROM numbers_mt(1000000000000) WHERE number % 7 = 3',
      cancel_http_readonly_queries_on_client_close: '1',
    },
    { signal: controller.signal },
  ).catch((error: unknown) => error)
  const running = async (): Promise<number> => {
    const text =
      "SELECT query FROM system.processes WHERE query LIKE '%number % 7 = 3%' AND query NOT LIKE '%processes%'"
    return (await client.query(text)).rows.length
  }
  while ((await running()) === 0) t.ok(true, 'not yet begun')
  controller.abort()
  await endless
  while ((await running()) > 0) t.ok(true, 'not yet ended')
})
