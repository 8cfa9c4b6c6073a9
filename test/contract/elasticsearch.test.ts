import { inspect } from 'node:util'
import t from 'tap'
import { newCost } from '../../src/core/cost.ts'
import { openElasticsearch } from '../../src/stores/elasticsearch/connect.ts'
import type {
  BulkOperation,
  ElasticsearchClient,
  StoredDocument,
} from '../../src/stores/elasticsearch/client.ts'
import { startTestStores } from '../helpers/stores.ts'

interface Item {
  readonly name: string
  readonly amount: number | bigint
}

const { stores, endpoints } = await startTestStores(['elasticsearch'])
const server = stores['elasticsearch'] as ElasticsearchClient
const client = server.withPrefix('arch-test-')
const LARGEST = 9_223_372_036_854_775_807n
const ITEMS = {
  settings: { number_of_shards: 2, number_of_replicas: 0 },
  mappings: {
    dynamic: 'strict',
    properties: { name: { type: 'text' }, amount: { type: 'long' }, code: { type: 'keyword' } },
  },
}

const [endpoint] = endpoints
if (endpoint === undefined) throw new Error('no endpoint')

function put(id: string | bigint, name: string, version: bigint, amount: number | bigint = 1): BulkOperation {
  return { kind: 'index', id: String(id), document: { name, amount }, version }
}

/** A fresh index of items, with what is to be in it. */
async function indexOf(name: string, operations: readonly BulkOperation[]): Promise<string> {
  await client.createIndex(name, ITEMS)
  const outcomes = await client.bulk(name, operations)
  t.ok(outcomes.every(({ outcome }) => outcome === 'done'))
  await client.refresh(name)
  return name
}

t.test('ids and numbers of 63 bits come back as they went, and page as they are (X-04)', async (t) => {
  const items = [put(LARGEST, 'largest', LARGEST, LARGEST), put(1n, 'one less', 7n, LARGEST - 1n)]
  const index = await indexOf('exact', items)
  t.same(await client.getMany<Item>(index, [String(LARGEST), '2', '1']), [
    { id: String(LARGEST), source: { name: 'largest', amount: LARGEST }, version: LARGEST },
    undefined,
    { id: '1', source: { name: 'one less', amount: LARGEST - 1n }, version: 7n },
  ])
  const body = { size: 1, version: true, sort: [{ amount: 'desc' }] }
  const first = await client.search<Item>({ index, body })
  const [top] = first.hits
  t.match(top, { id: String(LARGEST), version: LARGEST, sort: [LARGEST] })
  const next = await client.search<Item>({ index, body: { ...body, search_after: top?.sort } })
  t.same(next.hits[0]?.source, { name: 'one less', amount: LARGEST - 1n })
})

t.test('a search answers how many match, which, and how well', async (t) => {
  const index = await indexOf('search', [
    put(1n, 'red lamp', 1n),
    put(2n, 'red red rug', 1n),
    put(3n, 'sofa', 1n),
  ])
  const answer = await client.search<Item>({ index, body: { query: { match: { name: 'red' } } } })
  t.match(answer, { total: 2, relation: 'eq' })
  t.same(answer.hits.map(({ id }) => id).sort(), ['1', '2'])
  t.ok(answer.hits.every(({ score }) => (score ?? 0) > 0) && answer.tookMs >= 0)
  const bare = await client.search({
    index,
    body: { _source: false, track_total_hits: false, sort: ['code'] },
  })
  t.match(bare, { total: 0, relation: 'gte', hits: [{ source: undefined, score: undefined }] })
  t.equal(await client.count(index), 3)
  t.equal(await client.count(index, { match: { name: 'sofa' } }), 1)
})

t.test('one request is one round trip, with its documents and bytes', async (t) => {
  const cost = newCost()
  const index = await indexOf('cost', [])
  t.same(await client.bulk(index, [], cost), [])
  t.equal(cost.roundTrips, 0, 'none where there is nothing to do')
  await client.bulk(index, [put(1n, 'one', 1n), put(2n, 'two', 1n)], cost, { waitsForRefresh: true })
  t.match(cost, { roundTrips: 1, statements: 2, rows: 2, roundTripsByStore: { elasticsearch: 1 } })
  const written = cost.bytes
  t.ok(written > 100 && written < 2_000, `${written} bytes`)
  await client.search({ index, body: { query: { match_all: {} } } }, cost)
  await client.getMany(index, ['1', '9'], cost)
  await client.count(index, undefined, cost)
  t.match(cost, { roundTrips: 4, rows: 5 })
  t.ok(cost.bytes > written)
})

t.test('an older write is stale: nothing that was newer is undone', async (t) => {
  const index = await indexOf('versions', [put(1n, 'new', 5n)])
  t.same(await client.bulk(index, [put(1n, 'old', 4n), put(1n, 'again', 5n), put(1n, 'newer', 6n)]), [
    { outcome: 'stale' },
    { outcome: 'stale' },
    { outcome: 'done' },
  ])
  const again = [put(1n, 'equal', 6n), put(1n, 'older', 5n)]
  t.same(
    await client.bulk(index, again, undefined, { versionType: 'external_gte' }),
    [{ outcome: 'done' }, { outcome: 'stale' }],
    'an equal version is applied where the caller says so',
  )
  t.match(await client.getMany<Item>(index, ['1']), [{ source: { name: 'equal' }, version: 6n }])
})

t.test('a deletion outlives the document: an older write does not bring it back', async (t) => {
  const index = await indexOf('deletions', [put(1n, 'one', 1n)])
  const deletions: BulkOperation[] = [
    { kind: 'delete', id: '1', version: 5n },
    { kind: 'delete', id: 'never there', version: 5n },
  ]
  t.same(await client.bulk(index, deletions), [{ outcome: 'done' }, { outcome: 'done' }])
  await client.refresh(index)
  const late = [put(1n, 'late', 4n), { ...put(1n, 'late', 4n), id: 'never there' }]
  t.same(await client.bulk(index, late), [{ outcome: 'stale' }, { outcome: 'stale' }])
  t.same(await client.getMany(index, ['1', 'never there']), [undefined, undefined])
  t.same(await client.bulk(index, [put(1n, 'made again', 6n)]), [{ outcome: 'done' }])
  t.match(await client.settingsOf(index), { 'index.gc_deletes': '1h', 'index.number_of_shards': '2' })
})

t.test('a field that the mapping does not know fails its own operation, and no other', async (t) => {
  const index = await indexOf('strict', [])
  const unknown: BulkOperation = { kind: 'index', id: '2', document: { nmae: 'typo' }, version: 1n }
  t.match(await client.bulk(index, [put(1n, 'one', 1n), unknown, put(3n, 'three', 1n)]), [
    { outcome: 'done' },
    { outcome: 'failed', permanent: true, reason: /strict_dynamic_mapping_exception.*nmae/ },
    { outcome: 'done' },
  ])
  t.match(await client.mappingOf(index), { dynamic: 'strict', properties: { amount: { type: 'long' } } })
})

t.test('an index that is not there is made by no write', async (t) => {
  const [outcome] = await client.bulk('absent', [put(1n, 'one', 1n)])
  t.match(outcome, { outcome: 'failed', reason: /index_not_found/ })
  t.equal(await client.indexExists('absent'), false)
  await t.rejects(client.search({ index: 'absent', body: {} }), {
    name: 'OperationFailure',
    kind: 'unexpected',
    message: /index_not_found/,
  })
})

t.test('pages of a point in time show one frozen view', async (t) => {
  const index = await indexOf('frozen', [put(1n, 'a', 1n, 1), put(2n, 'b', 1n, 2), put(3n, 'c', 1n, 3)])
  const id = await client.openPointInTime(index, 30)
  await client.bulk(index, [
    put(2n, 'changed', 2n, 9),
    put(4n, 'new', 1n, 0),
    { kind: 'delete', id: '3', version: 2n },
  ])
  await client.refresh(index)
  const page = (pit: string, after?: readonly unknown[]): object => ({
    size: 2,
    pit: { id: pit, keep_alive: '30s' },
    sort: [{ amount: 'asc' }],
    ...(after === undefined ? {} : { search_after: after }),
  })
  const first = await client.search<Item>({ body: page(id) })
  const second = await client.search<Item>({ body: page(first.pointInTime ?? id, first.hits.at(-1)?.sort) })
  t.same(
    [...first.hits, ...second.hits].map(({ source }) => source?.name),
    ['a', 'b', 'c'],
  )
  await client.closePointInTime(second.pointInTime ?? id)
  await client.closePointInTime(second.pointInTime ?? id)
  t.same(
    (await client.search<Item>({ index, body: { sort: ['amount'] } })).hits.map(({ id }) => id),
    ['4', '1', '2'],
  )
})

t.test('a walk meets every document once, with its version, while others write', async (t) => {
  const items = Array.from({ length: 250 }, (_, number) =>
    put(BigInt(number), `item ${number}`, BigInt(number + 1)),
  )
  const index = await indexOf('walk', items)
  const seen: StoredDocument<Item>[] = []
  const walked = await client.forEach<Item>(index, 100, async (page) => {
    seen.push(...page)
    await client.bulk(index, [put(BigInt(1_000 + seen.length), 'meanwhile', 1n)])
    await client.refresh(index)
  })
  t.equal(walked, 250)
  t.equal(new Set(seen.map(({ id }) => id)).size, 250)
  t.ok(seen.every(({ id, source, version }) => source.name === `item ${id}` && version === BigInt(id) + 1n))
})

t.test('an alias moves in one step: no search sees none, or two', async (t) => {
  const [one, two] = [
    await indexOf('alias-1', [put(1n, 'one', 1n)]),
    await indexOf('alias-2', [put(1n, 'two', 1n)]),
  ]
  t.equal(await client.aliasOf('alias'), undefined)
  await client.putAlias('alias', one)
  t.equal(await client.aliasOf('alias'), one)
  t.equal(await client.indexExists('alias'), true)
  let moves = true
  const totals: number[] = []
  const searching = (async () => {
    while (moves) totals.push((await client.search({ index: 'alias', body: {} })).total)
  })()
  for (let turn = 0; turn < 20; turn += 1) await client.putAlias('alias', turn % 2 === 0 ? two : one)
  moves = false
  await searching
  t.ok(totals.length > 0 && totals.every((total) => total === 1), `${totals.length} searches`)
  t.equal(await client.aliasOf('alias'), one)
})

t.test('prefixes are apart: the same names are other indices and other aliases', async (t) => {
  const [left, right] = [client.withPrefix('left-'), client.withPrefix('right-')]
  for (const side of [left, right]) {
    await side.createIndex('items-1', ITEMS)
    await side.putAlias('items', 'items-1')
  }
  await left.bulk('items', [put(1n, 'left', 1n)], undefined, { waitsForRefresh: true })
  t.same([await left.count('items'), await right.count('items')], [1, 0])
  t.same(await left.indices(), ['items-1'])
  t.ok((await client.indices()).includes('right-items-1'))
  await left.deleteIndex('items-1')
  await left.deleteIndex('items-1')
  t.same([await left.indices(), await left.aliasOf('items')], [[], undefined])
  t.equal(await right.aliasOf('items'), 'items-1')
})

t.test('a pattern is no name: nothing reaches further than it says', async (t) => {
  for (const name of ['*', 'a,b', 'a/_doc', '-a', 'Upper', ''])
    await t.rejects(server.deleteIndex(name), /no name of an index/)
  t.throws(() => client.withPrefix('*'), /no name of an index/)
})

t.test('the application uses its own indices, and manages nothing', async (t) => {
  await t.rejects(server.createIndex('others', ITEMS), {
    name: 'ArchError',
    exitCode: 3,
    message: /does not allow this/,
    hint: /arch-\* and products\*/,
  })
  await server.createIndex('products-1', ITEMS)
  t.same((await server.indices()).includes('products-1'), true)
  const answer = await fetch(`http://127.0.0.1:${endpoint.port}/_cluster/health`)
  t.equal(answer.status, 401, 'and nobody gets in without a password')
})

t.test('a wrong password is refused, and never printed', async (t) => {
  const stranger = openElasticsearch(
    { ...endpoint, password: 'hunter2-hunter2' },
    { poolSize: 1, applicationName: 'x' },
  )
  t.teardown(() => stranger.close())
  const error: unknown = await stranger.health().catch((thrown: unknown) => thrown)
  t.match(error, { name: 'ArchError', exitCode: 3, message: /refuses the user or the password/ })
  const basic = Buffer.from(`${endpoint.user}:hunter2-hunter2`).toString('base64')
  for (const secret of ['hunter2', basic])
    t.notOk(inspect(error, { depth: 20, showHidden: true }).includes(secret))
})

t.test('more callers than connections wait for their turn', async (t) => {
  const index = await indexOf('turns', [put(1n, 'one', 1n)])
  const answers = await Promise.all(Array.from({ length: 100 }, () => client.getMany<Item>(index, ['1'])))
  t.ok(answers.every(([found]) => found?.source.name === 'one'))
})

t.test('a caller that gives up is told so at once', async (t) => {
  const controller = new AbortController()
  controller.abort()
  await t.rejects(client.search({ index: 'search', body: {}, signal: controller.signal }), {
    name: 'OperationFailure',
    kind: 'timeout',
  })
})

t.test('a server that is not there is unavailable', async (t) => {
  const lost = openElasticsearch({ ...endpoint, port: 1 }, { poolSize: 1, applicationName: 'lost' })
  t.teardown(() => lost.close())
  for (let attempt = 0; attempt < 2; attempt += 1)
    await t.rejects(lost.health(), { name: 'OperationFailure', kind: 'unavailable' })
})
