import { randomUUID } from 'node:crypto'
import t from 'tap'
import { closeStores, connectStores } from '../../src/session/up.ts'
import type { CassandraClient } from '../../src/stores/cassandra/client.ts'
import { NAMES, takeMessageKeys } from '../../src/workloads/messaging/fixed/gateway/names.ts'
import { openGateway } from '../../src/workloads/messaging/fixed/gateway/role.ts'
import { takeMessage } from '../../src/workloads/messaging/fixed/gateway/scripts.ts'
import { INSERT_MESSAGE } from '../../src/workloads/messaging/fixed/gateway/statements.ts'
import { persistWaiting } from '../../src/workloads/messaging/fixed/persister.ts'
import { eventually } from '../helpers/context.ts'
import { cutRedis, cutSubscriptions } from '../helpers/faults/redis-lost.ts'
import { openMessaging } from '../helpers/messaging.ts'
import { newRawDevice } from '../helpers/messaging-raw.ts'
import type { RawDevice } from '../helpers/messaging-raw.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging({ behindMs: 500 })
const { own, endpoints } = messaging
const { redis } = own
const [here = 0, elsewhere = 0] = messaging.gateways.map(({ port }) => port)

let lastUser = 9_000n

async function newDevice(): Promise<RawDevice> {
  lastUser += 1n
  return newRawDevice(own, lastUser)
}

/** Two who have a conversation; who writes in it is connected. */
async function twoOf(): Promise<{ conversation: string; writer: RawDevice; reader: RawDevice }> {
  const writer = await newDevice()
  const reader = await newDevice()
  await writer.connect(here)
  const { conversation } = await writer.ask('group', { key: randomUUID(), users: [reader.user] })
  return { conversation, writer, reader }
}

async function sayAll(device: RawDevice, conversation: string, words: readonly string[]): Promise<void> {
  for (const each of words) await device.say(conversation, each)
}

const wordsOf = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `word ${first + index}`)

/** Moves all that waits to the store. */
async function moveAll(): Promise<void> {
  while ((await redis.wave([['zcard', 'waiting']]))[0] !== 0) await persistWaiting(own, -1_000)
}

async function connected(device: RawDevice, port: number): Promise<void> {
  await device.connect(port)
  await eventually(() => device.isDrained())
}

/** Takes what comes until it has come as far as it should; more would be seen too. */
async function takeUntil(device: RawDevice, count: number): Promise<string[]> {
  await eventually(() => {
    if (device.came.length > 0) device.take()
    return device.came.length >= count
  })
  await eventually(async () => (await redis.wave([['zcard', NAMES.queue(device.address)]]))[0] === 0)
  return device.texts()
}

/** As when a route runs out: nobody pushes to the device, which is still connected. */
async function loseRoute({ address }: RawDevice): Promise<string> {
  const [route] = await redis.wave([['getdel', NAMES.route(address)]])
  return String(route)
}

/** As if it had never run out, but that nothing was pushed. */
async function restoreRoute({ address }: RawDevice, route: string): Promise<void> {
  await redis.wave([
    ['set', NAMES.route(address), route],
    ['zrem', NAMES.waiting, address],
  ])
}

/** Redis's own words about the connections of a gateway. */
async function clientsOf(gateway: string): Promise<string[]> {
  const [clients] = await redis.wave([['client', 'list', 'type', 'normal']])
  return String(clients)
    .split('\n')
    .filter((client) => client.includes(`name=arch-test-${gateway} `))
}

const idOf = (client: string): string => client.split(' ')[0] ?? ''

const entriesOf = ({ address }: RawDevice): Promise<number> =>
  messaging.waiting({ address } as Parameters<typeof messaging.waiting>[0])

t.test(
  'a connection to Redis that is lost while a device is sent what waits in the store brings nothing newer before it',
  async (t) => {
    const { conversation, writer, reader } = await twoOf()
    await sayAll(writer, conversation, wordsOf(0, 250))
    await moveAll()
    await sayAll(writer, conversation, wordsOf(250, 5))
    await reader.connect(elsewhere)
    // Two pages have come, and none is taken: the rest waits in the store.
    await eventually(() => reader.came.length === 200)
    const before = await clientsOf('gateway-2')
    await cutRedis(messaging)
    // It is connected again, and has asked what Redis holds, and then for what waits for devices that have it all.
    await eventually(async () =>
      (await clientsOf('gateway-2')).some(
        (client) => /cmd=evalsha/.test(client) && !before.some((each) => idOf(each) === idOf(client)),
      ),
    )
    t.same(await takeUntil(reader, 255), wordsOf(0, 255))
    t.equal(await entriesOf(reader), 0)
  },
)

t.test(
  'a device whose route has run out is sent what came meanwhile, from the store and from Redis, and is pushed to again',
  async (t) => {
    const { conversation, writer, reader } = await twoOf()
    await connected(reader, elsewhere)
    await writer.say(conversation, 'before')
    await eventually(() => reader.came.length === 1)
    await loseRoute(reader)
    await sayAll(writer, conversation, wordsOf(0, 3))
    await moveAll()
    await sayAll(writer, conversation, wordsOf(3, 2))
    await messaging.gateways[1]?.stayPresent()
    await eventually(() => reader.came.length === 6)
    await writer.say(conversation, 'after')
    t.same(await takeUntil(reader, 7), ['before', ...wordsOf(0, 5), 'after'])
    t.equal(await entriesOf(reader), 0)
    t.equal((await redis.wave([['zscore', 'waiting', reader.address]]))[0], null, 'it waits for nothing')
  },
)

t.test('what is missing before a pushed message is looked for in the store too', async (t) => {
  const { conversation, writer, reader } = await twoOf()
  await connected(reader, elsewhere)
  const route = await loseRoute(reader)
  await sayAll(writer, conversation, wordsOf(0, 3))
  await moveAll()
  await restoreRoute(reader, route)
  await writer.say(conversation, 'word 3')
  t.same(await takeUntil(reader, 4), wordsOf(0, 4))
})

t.test('what was pushed while a subscription was lost comes when it stands again', async (t) => {
  const { conversation, writer, reader } = await twoOf()
  await connected(reader, elsewhere)
  const route = await loseRoute(reader)
  await sayAll(writer, conversation, wordsOf(0, 3))
  await restoreRoute(reader, route)
  t.same(reader.texts(), [])
  await cutSubscriptions(messaging)
  t.same(await takeUntil(reader, 3), wordsOf(0, 3))
})

t.test('a queue of long messages is moved to the store in writes that the store takes', async (t) => {
  const { conversation, writer, reader } = await twoOf()
  const words = wordsOf(0, 75)
  // Ten megabytes as they are stored, where a write may have eight.
  await sayAll(
    writer,
    conversation,
    words.map((word) => word.padEnd(100_000, '.')),
  )
  await moveAll()
  t.equal((await redis.wave([['zcard', NAMES.queue(reader.address)]]))[0], 0)
  await reader.connect(elsewhere)
  const texts = await takeUntil(reader, words.length)
  t.same(
    texts.map((text) => text.replaceAll('.', '')),
    words,
  )
})

t.test('entries whose copy in Redis has run out are moved from the log', async (t) => {
  const { conversation, writer, reader } = await twoOf()
  await sayAll(writer, conversation, wordsOf(0, 3))
  const [queue] = await redis.wave([['zrange', NAMES.queue(reader.address), 0, -1]])
  const [first = '', second = ''] = (Array.isArray(queue) ? queue.map(String) : []).map(
    (entry) => entry.split('#')[0] ?? '',
  )
  await redis.wave([['del', NAMES.entry(first), NAMES.entry(second)]])
  await moveAll()
  t.equal(await entriesOf(reader), 3)
  await reader.connect(elsewhere)
  t.same(await takeUntil(reader, 3), wordsOf(0, 3))
})

t.test('a queue that the store refuses does not keep the others from being moved', async (t) => {
  const { conversation, writer, reader } = await twoOf()
  const stuck = await newDevice()
  const entry = `key/${randomUUID()}`
  const payload = JSON.stringify({ kind: 'key', wrapped: 'x'.repeat(9 * 2 ** 20) })
  await redis.wave([
    ['set', NAMES.entry(entry), payload],
    ['zadd', NAMES.queue(stuck.address), 1, `${entry}#0.1`],
    ['zadd', NAMES.waiting, 1, stuck.address],
  ])
  await writer.say(conversation, 'word')
  await persistWaiting(own, -1_000)
  const [left, since] = await redis.wave([
    ['zcard', NAMES.queue(reader.address)],
    ['zscore', NAMES.waiting, stuck.address],
  ])
  t.equal(left, 0)
  t.ok(Number(since) > 1, 'it stands behind the others')
  await redis.wave([
    ['del', NAMES.entry(entry), NAMES.queue(stuck.address)],
    ['zrem', NAMES.waiting, stuck.address],
  ])
})

t.test(
  'a gateway that does not know yet that Redis was lost acknowledges nothing that it put there before',
  async (t) => {
    const stores = await connectStores(endpoints, { poolSize: 1, applicationName: 'arch test stalled' })
    t.teardown(() => closeStores(stores))
    const real = stores['cassandra'] as CassandraClient
    const reached = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const stalling = (keyspace: string): CassandraClient => {
      const client = real.withKeyspace(keyspace)
      return {
        ...client,
        async query(statement, ...rest) {
          if (statement === INSERT_MESSAGE) {
            reached.resolve()
            await goOn.promise
          }
          return client.query(statement, ...rest)
        },
      }
    }
    const stalled = await openGateway({
      name: 'gateway-stalled',
      stores: { ...stores, cassandra: { ...real, withKeyspace: stalling } as CassandraClient },
      behindMs: 0,
      coalescing: 'on',
    })
    t.teardown(() => stalled.close())
    const { conversation, writer } = await twoOf()
    await connected(writer, stalled.port)
    const { state } = await writer.ask('devices', { conversation })
    const asked = { conversation, state, key: randomUUID(), again: false }
    const since = performance.now()
    const saying = writer.ask('send', asked, Buffer.from('word')).then(
      () => 'acknowledged',
      (error: unknown) => String(error),
    )
    await reached.promise
    const [epoch] = await redis.wave([['get', NAMES.epoch]])
    await redis.wave([['set', NAMES.epoch, 'another']])
    // Longer than a request that is looked after.
    await eventually(() => performance.now() - since > 250)
    goOn.resolve()
    t.match(await saying, 'the queues were lost')
    await redis.wave([['set', NAMES.epoch, String(epoch)]])
  },
)

t.test('a message that is sent again an hour later, by the same key, is the same message', async (t) => {
  const stores = await connectStores(endpoints, { poolSize: 1, applicationName: 'arch test earlier' })
  t.teardown(() => closeStores(stores))
  const earlier = await openGateway({
    name: 'gateway-earlier',
    stores,
    behindMs: 3_600_000,
    coalescing: 'on',
  })
  t.teardown(() => earlier.close())
  const { conversation, writer } = await twoOf()
  await connected(writer, earlier.port)
  const { state } = await writer.ask('devices', { conversation })
  const key = randomUUID()
  const asked = { conversation, state, key, again: false }
  const first = await writer.ask('send', asked, Buffer.from('once'))
  await redis.wave([['del', NAMES.sentKey(writer.address, key)]])
  await connected(writer, here)
  t.match(await writer.say(conversation, 'once', { key, isAgain: true }), {
    message: 'message' in first && first.message,
  })
})

t.test(
  'a part of a message to many that is served after an account was deleted leaves no queue of it',
  async (t) => {
    const { conversation, writer, reader: leaver } = await twoOf()
    await connected(leaver, elsewhere)
    await writer.ask('devices', { conversation })
    const [state] = await redis.wave([['get', NAMES.state(conversation)]])
    const keys = takeMessageKeys('1:1', 'left', conversation)
    const strangers = Array.from({ length: 1_500 }, (_, index) => `${20_000 + index}:1`)
    const values = [
      String(state),
      Date.now(),
      '0:0',
      0,
      '',
      600,
      600,
      conversation,
      '{"kind":"message"}',
      '1',
      100,
    ]
    await redis.wave([redis.call(takeMessage, keys, [...values, ...strangers, leaver.address])])
    await leaver.ask('forget', {})
    await writer.say(conversation, 'next')
    const [stranger, left, position] = await redis.wave([
      ['exists', NAMES.queue('21499:1')],
      ['exists', NAMES.queue(leaver.address)],
      ['exists', NAMES.position(leaver.address)],
    ])
    t.same([stranger, left, position], [1, 0, 0])
  },
)
