import t from 'tap'
import { newCost } from '../../src/core/cost.ts'
import type { StoreEndpoint } from '../../src/core/store.ts'
import { openRedis } from '../../src/stores/redis/connect.ts'
import type { RedisClient } from '../../src/stores/redis/client.ts'
import { startTestStores } from '../helpers/stores.ts'

const { stores, endpoints } = await startTestStores(['redis'])
const client = stores['redis'] as RedisClient
const LARGEST = '9223372036854775807'

t.test('ids of 63 bits come back as they went, as values, members and keys (X-04)', async (t) => {
  const replies = await client.wave([
    ['set', `post:${LARGEST}`, LARGEST],
    ['get', `post:${LARGEST}`],
    ['zadd', 'feed', 1, LARGEST],
    ['zrange', 'feed', 0, -1],
  ])
  t.same(replies, ['OK', LARGEST, 1, [LARGEST]])
})

t.test('replies are plain: text, numbers, null and lists of them', async (t) => {
  const replies = await client.wave([
    ['hset', 'hash', 'a', 1, 'b', 'zwölf'],
    ['hgetall', 'hash'],
    ['get', 'nothing'],
    ['mget', 'nothing', 'nothing'],
    ['lrange', 'nothing', 0, -1],
  ])
  t.same(replies, [2, ['a', '1', 'b', 'zwölf'], null, [null, null], []])
})

t.test('a wave is one round trip, however many commands it has', async (t) => {
  const cost = newCost()
  await client.wave(
    [
      ['set', 'k', 'value'],
      ['get', 'k'],
      ['mget', 'k', 'k', 'nothing'],
    ],
    cost,
  )
  t.match(cost, { roundTrips: 1, statements: 3, rows: 5, roundTripsByStore: { redis: 1 } })
  t.ok(cost.bytes > 20, `${cost.bytes} bytes`)
  t.same(await client.wave([], cost), [])
  t.equal(cost.roundTrips, 1, 'and none where there is nothing to ask')
})

t.test('waves that are asked together answer each their own caller', async (t) => {
  const waves = Array.from({ length: 500 }, (_, index) =>
    client.wave([
      ['echo', index],
      ['echo', -index],
    ]),
  )
  const replies = await Promise.all(waves)
  t.ok(replies.every(([first, second], index) => first === String(index) && second === String(-index)))
})

t.test('an error reply is thrown, and the rest of its wave has happened', async (t) => {
  const wave = client.wave([
    ['set', 'text', 'x'],
    ['incr', 'text'],
    ['set', 'after', 'y'],
  ])
  await t.rejects(wave, { name: 'ReplyError', message: /not an integer/ })
  t.same(await client.wave([['get', 'after']]), ['y'])
})

t.test(
  'a script runs by its digest, in order with its wave, and is loaded again when forgotten',
  async (t) => {
    const add = { name: 'add', lua: `return redis.call('incrby', KEYS[1], ARGV[1])` }
    const first = newCost()
    const replies = await client.wave(
      [client.call(add, ['sum'], [2]), client.call(add, ['sum'], [3]), ['get', 'sum']],
      first,
    )
    t.same(replies, [2, 5, '5'])
    t.equal(first.roundTrips, 1, 'the first call loads it in the same round trip')
    await client.wave([['script', 'flush']])
    const again = newCost()
    t.same(await client.wave([client.call(add, ['sum'], [1])], again), [6])
    t.equal(again.roundTrips, 2, 'the second trip is counted')
    const third = newCost()
    t.same(await client.wave([client.call(add, ['sum'], [1])], third), [7])
    t.equal(third.roundTrips, 1)
  },
)

t.test('messages reach a subscriber once its subscription stands', async (t) => {
  const received: string[] = []
  const two = Promise.withResolvers<void>()
  await client.subscribe('news', (message) => {
    received.push(message)
    if (received.length === 2) two.resolve()
  })
  t.same(
    await client.wave([
      ['publish', 'news', 'one'],
      ['publish', 'other', 'no'],
      ['publish', 'news', LARGEST],
    ]),
    [1, 0, 1],
  )
  await two.promise
  t.same(received, ['one', LARGEST])
})

t.test('logical databases are apart, and are emptied apart', async (t) => {
  const other = client.withDatabase(3)
  t.equal(client.withDatabase(3), other, 'the same index gives the same client')
  await client.wave([['set', 'where', 'zero']])
  await other.wave([['set', 'where', 'three']])
  await other.flush()
  t.same(await other.wave([['get', 'where']]), [null])
  t.same(await client.wave([['get', 'where']]), ['zero'])
})

t.test('a lost connection fails what waits at once, and is made again', async (t) => {
  const other = client.withDatabase(5)
  await other.wave([['set', 'kept', 'yes']])
  const waiting = t.rejects(other.wave([['blpop', 'never', 0]]), {
    name: 'OperationFailure',
    kind: 'unavailable',
  })
  const kill = ['client', 'kill', 'type', 'normal', 'skipme', 'yes'] as const
  // The blocked command and the kill travel on two connections: the kill must not come first.
  while (!String((await client.wave([['client', 'list']]))[0]).includes('cmd=blpop')) continue
  await client.wave([kill])
  await waiting
  let answered
  while (answered === undefined) {
    await client.wave([['ping']])
    answered = await other.wave([['get', 'kept']]).catch(() => undefined)
  }
  t.same(answered, ['yes'])
})

t.test('subscriptions that are lost are made again, and who listens is told when they stand', async (t) => {
  const received: string[] = []
  const own = openRedis(endpoints[0] as StoreEndpoint, { poolSize: 1, applicationName: 'listener' })
  t.teardown(() => own.close())
  await own.subscribe('first', (message) => received.push(message))
  await own.subscribe('second', (message) => received.push(message))
  const stands = new Promise<void>((resolve) => own.onResubscribed(resolve))
  await client.wave([['client', 'kill', 'type', 'pubsub']])
  await stands
  t.same(
    await client.wave([
      ['publish', 'first', 'one'],
      ['publish', 'second', 'two'],
    ]),
    [1, 1],
  )
  while (received.length < 2) await client.wave([['ping']])
  t.same(received.toSorted(), ['one', 'two'])
})

t.test('a server that is not there is unavailable', async (t) => {
  const [endpoint] = endpoints
  if (endpoint === undefined) throw new Error('no endpoint')
  const lost = openRedis({ ...endpoint, port: 1 }, { poolSize: 1, applicationName: 'lost' })
  t.teardown(() => lost.close())
  await t.rejects(lost.wave([['ping']]), { name: 'OperationFailure', kind: 'unavailable' })
  await t.rejects(lost.wave([['ping']]), { name: 'OperationFailure', kind: 'unavailable' })
})
