import t from 'tap'
import { newCost } from '../../src/core/cost.ts'
import type { OperationFailure } from '../../src/core/errors.ts'
import { openKafka } from '../../src/stores/kafka/connect.ts'
import type { KafkaClient } from '../../src/stores/kafka/client.ts'
import { facts, health } from '../../src/stores/kafka/facts.ts'
import { murmur2, partitionOf } from '../../src/stores/kafka/partition.ts'
import { clientsOf, fails, gathering, messages, whole } from '../helpers/kafka.ts'
import { startTestStores } from '../helpers/stores.ts'

const { stores, endpoints } = await startTestStores(['kafka'])
const { both } = await clientsOf(stores['kafka'] as KafkaClient)
const [endpoint] = endpoints
if (endpoint === undefined) throw new Error('no endpoint')
const LARGEST = '9223372036854775807'

// From org.apache.kafka.common.utils.Utils.murmur2 of kafka-clients 4.4.0, and toPositive of it modulo 12.
const FROM_JAVA: readonly (readonly [key: string, hash: number, of12: number])[] = [
  ['', 275646681, 9],
  ['a', -1563381124, 4],
  ['ab', 316155434, 2],
  ['abc', 479470107, 3],
  ['abcd', -1323649548, 8],
  ['21', -973932308, 0],
  ['foobar', -790332482, 6],
  ['zwölf', 553696277, 5],
  [LARGEST, -1221667907, 9],
  ['a-little-bit-long-string', -985981536, 8],
]

both('a key goes to the partition that the Java client chooses', async (t, client, topic) => {
  for (const [key, hash, of12] of FROM_JAVA) {
    t.equal(murmur2(Buffer.from(key)), hash, key)
    t.equal(partitionOf(Buffer.from(key), 12), of12, key)
  }
  const name = await topic('placed', 12)
  await client.produce(
    name,
    FROM_JAVA.map(([key]) => ({ key, value: key })),
  )
  for (const { key, partition } of await whole(client, name))
    t.equal(partition, FROM_JAVA.find(([of]) => of === key)?.[2], `'${key}'`)
})

both(
  'messages come back as they went: ids of 63 bits, bytes, headers, no key (X-04)',
  async (t, client, topic) => {
    const name = await topic('echo')
    const bytes = Buffer.from([0, 255, 10, 13])
    const before = Date.now()
    await client.produce(name, [
      { key: LARGEST, value: bytes, headers: { trace: 'zwölf', empty: '' } },
      { key: undefined, value: '' },
      { key: Buffer.from('raw'), value: 'text' },
    ])
    const read = new Map((await whole(client, name)).map((message) => [message.key, message]))
    t.match(read.get(LARGEST), {
      topic: name,
      value: bytes,
      headers: { trace: 'zwölf', empty: '' },
      offset: 0n,
    })
    t.same(read.get(undefined)?.value, Buffer.alloc(0))
    t.same(read.get('raw')?.headers, {})
    const { timestampMs = 0 } = read.get('raw') ?? {}
    t.ok(timestampMs >= before && timestampMs <= Date.now())
  },
)

both('the messages of a key keep their order, however they were produced', async (t, client, topic) => {
  const name = await topic('ordered')
  const all = messages(2_000)
  await Promise.all([
    client.produce(name, all.slice(0, 1_000)),
    ...all.slice(1_000).map((message) => client.produce(name, [message])),
  ])
  const last = new Map<string | undefined, number>()
  const read = await whole(client, name)
  t.equal(read.length, all.length)
  for (const { key, value } of read) {
    const index = Number(value.toString())
    if (index < (last.get(key) ?? -1)) t.fail(`${key}: ${index} after ${last.get(key)}`)
    last.set(key, index)
  }
  const places = new Map(read.map(({ key, partition }) => [key, partition]))
  t.ok(read.every(({ key, partition }) => places.get(key) === partition))
})

both(
  'a call costs one round trip for each partition, with its messages and bytes',
  async (t, client, topic) => {
    const name = await topic('priced', 2)
    const cost = newCost()
    await client.produce(name, [{ key: 'a', value: '12345678' }], cost)
    t.same(cost, {
      ...newCost(),
      roundTrips: 1,
      statements: 1,
      rows: 1,
      bytes: 9,
      roundTripsByStore: { kafka: 1 },
    })
    await client.produce(name, messages(100), cost)
    t.match(cost, { roundTrips: 3, rows: 101 })
    const mine = newCost()
    await Promise.all([
      client.produce(name, [{ key: 'a', value: '1' }], mine),
      ...messages(50).map((message) => client.produce(name, [message])),
    ])
    t.match(mine, { roundTrips: 1, rows: 1, bytes: 2 }, 'what others sent in the same request is theirs')
    await client.produce(name, [], mine)
    t.equal(mine.roundTrips, 1, 'and nothing costs nothing')
  },
)

both(
  'more than one request holds is split; one message that no request holds is an error',
  async (t, client, topic) => {
    const name = await topic('large', 1)
    const value = Buffer.alloc(100_000, 'x')
    await client.produce(
      name,
      Array.from({ length: 30 }, () => ({ key: 'k', value })),
    )
    t.equal((await whole(client, name)).length, 30)
    const tooLarge = client.produce(name, [{ key: 'k', value: Buffer.alloc(2 ** 21) }])
    await t.rejects(tooLarge, { name: 'OperationFailure', kind: 'unexpected', message: /max message size/ })
  },
)

both('ranges of a topic are read by themselves, and nothing beside them', async (t, client, topic) => {
  const name = await topic('ranged', 2)
  for (let index = 0; index < 40; index += 1)
    await client.produce(name, [{ key: undefined, partition: index % 2, value: String(index) }])
  const read: string[] = []
  const ranges = [
    { partition: 0, first: 3n, next: 4n },
    { partition: 0, first: 5n, next: 5n },
    { partition: 0, first: 6n, next: 9n },
    { partition: 1, first: 19n, next: 20n },
  ]
  for await (const { partition, offset, topic: of } of client.readRanges(name, ranges))
    read.push(`${of} ${partition}:${offset}`)
  t.same(
    read.toSorted(),
    ['0:3', '0:6', '0:7', '0:8', '1:19'].map((place) => `ranged ${place}`),
  )
  for await (const { offset } of client.readRanges(name, [])) t.fail(`offset ${offset} of no range`)
})

both('a topic that is not there is a clear error, and is not made', async (t, client) => {
  const none = { name: 'OperationFailure', kind: 'unexpected', message: /there is no topic '\w+\.none'/ }
  await t.rejects(client.produce('none', messages(1)), none)
  await t.rejects(client.offsets('none'), none)
  await t.rejects(client.committed('group', 'none'), none)
  await t.rejects(whole(client, 'none'), none)
  await t.rejects(
    client.consume({ group: 'g', topics: ['none'], from: 'earliest', handle: async () => {}, failed: fails }),
    none,
  )
  t.notOk((await client.topicNames()).includes('none'))
})

both('topics become as specified, again and again, and lose nothing', async (t, client) => {
  // Of three copies a single broker keeps one.
  t.equal(await client.brokers(), 1)
  const spec = { name: 'specified', partitions: 2, copies: 3, settings: { 'retention.ms': '3600000' } }
  await client.ensureTopics([spec, spec])
  t.same(await client.describeTopics(['specified', 'none']), [{ ...spec, copies: 1 }])
  await client.produce('specified', messages(10))
  const grown = { name: 'specified', partitions: 3, settings: { 'cleanup.policy': 'compact' } }
  await Promise.all([client.ensureTopics([grown]), client.ensureTopics([grown])])
  const settings = { 'retention.ms': '3600000', 'cleanup.policy': 'compact' }
  t.same(await client.describeTopics(['specified']), [{ ...grown, copies: 1, settings }])
  t.equal((await whole(client, 'specified')).length, 10)
  await client.produce('specified', messages(100))
  t.ok((await client.offsets('specified'))[2]?.next, 'a partition that was added is used at once')
  await client.ensureTopics([{ ...spec, partitions: 1 }])
  t.equal((await client.describeTopics(['specified']))[0]?.partitions, 3, 'partitions are never removed')
  const wrong = client.ensureTopics([{ ...spec, settings: { 'retention.ms': 'long' } }])
  await t.rejects(wrong, { name: 'OperationFailure', kind: 'unexpected', message: /retention\.ms/ })
  await client.deleteTopics(['specified', 'none'])
  t.notOk((await client.topicNames()).includes('specified'))
})

both('prefixes are apart, topics and groups', async (t, client, _topic, name) => {
  const [left, right] = [client.withPrefix(`${name}.left.`), client.withPrefix(`${name}.right.`)]
  t.equal(client.withPrefix(`${name}.left.`), left, 'the same prefix gives the same client')
  const root = left.withPrefix('')
  t.equal(client.withPrefix(''), root)
  t.equal(await root.withClient(name), root, 'and so does the same driver')
  const spec = { name: 'events', partitions: 1, settings: {} }
  await Promise.all([left.ensureTopics([spec]), right.ensureTopics([spec])])
  await left.produce('events', messages(3))
  t.same(await left.topicNames(), ['events'])
  t.same(await left.describeTopics(['events']), [{ ...spec, copies: 1 }])
  t.ok((await root.topicNames()).includes(`${name}.left.events`))
  t.same(
    (await whole(left, 'events')).map(({ topic }) => topic),
    ['events', 'events', 'events'],
  )
  t.same(await whole(right, 'events'), [])
  const { seen, full, handle } = gathering(3)
  const consumption = await left.consume({
    group: 'g',
    topics: ['events'],
    from: 'earliest',
    handle,
    failed: fails,
  })
  await full
  await consumption.close()
  t.equal(seen[0]?.topic, 'events')
  t.equal(await left.lag('g', ['events']), 0n)
  t.equal(
    await root.lag('g', [`${name}.left.events`]),
    3n,
    'the group of the same name without the prefix is another one',
  )
  await left.deleteTopics(['events'])
  t.same(await right.topicNames(), ['events'])
})

both('a wrong password is refused, and no password is in any error', async (t, _client, _topic, name) => {
  const wrong = { ...endpoint, password: 'hunter2-is-wrong' }
  const stranger = await openKafka(wrong, { poolSize: 1, applicationName: 'stranger' }).withClient(name)
  t.teardown(() => stranger.close())
  for (const attempt of [() => health(wrong), () => stranger.produce('echo', messages(1))]) {
    const error = await attempt().then(
      () => undefined,
      (failure: unknown) => failure as OperationFailure,
    )
    t.match(error, { name: 'OperationFailure', kind: 'unexpected', message: /password is refused/ })
    t.notMatch(`${error?.stack} ${JSON.stringify(error)} ${String(error?.cause)}`, /hunter2/)
  }
  const { user: _, password: __, ...anonymous } = endpoint
  await t.rejects(health(anonymous), { name: 'OperationFailure' })
})

both(
  'a server that is not there is unavailable, and so is a client that was closed',
  async (t, _client, _topic, name) => {
    const options = { poolSize: 1, applicationName: 'lost', statementTimeoutMs: 200 }
    const lost = await openKafka({ ...endpoint, port: 1 }, options).withClient(name)
    await t.rejects(lost.produce('echo', messages(1)), { name: 'OperationFailure', kind: 'unavailable' })
    await lost.close()
    await t.rejects(lost.produce('echo', messages(1)), { name: 'OperationFailure', kind: 'unavailable' })
  },
)

t.test('facts tell the version and what an acknowledged write survives', async (t) => {
  t.match(await facts(endpoint), {
    name: 'kafka',
    version: '4.4.0',
    acknowledgedSurvives: 'process kill',
    settings: { 'min.insync.replicas': '1' },
  })
})
