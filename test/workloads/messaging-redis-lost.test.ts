import { createHash, randomUUID } from 'node:crypto'
import { rename } from 'node:fs/promises'
import fc from 'fast-check'
import t from 'tap'
import { EPOCH_MS } from '../../src/core/snowflake.ts'
import { partitionsWithin } from '../../src/workloads/messaging/audits/partitions-bounded.ts'
import { commands } from '../../src/workloads/messaging/clients/commands.ts'
import { idOfTime } from '../../src/workloads/messaging/fixed/gateway/entries.ts'
import { NAMES, takeMessageKeys } from '../../src/workloads/messaging/fixed/gateway/names.ts'
import { takeMessage } from '../../src/workloads/messaging/fixed/gateway/scripts.ts'
import { bucketOf, partOf } from '../../src/workloads/messaging/ids.ts'
import { pairId } from '../../src/workloads/messaging/population.ts'
import type { Answers } from '../../src/workloads/messaging/protocol/answers.ts'
import { allRows } from '../../src/workloads/messaging/rows.ts'
import { journalOf } from '../helpers/social-data.ts'
import { openGateway } from '../../src/workloads/messaging/fixed/gateway/role.ts'
import { closeStores, connectStores } from '../../src/session/up.ts'
import { eventually } from '../helpers/context.ts'
import { loseRedis } from '../helpers/faults/redis-lost.ts'
import { openMessaging } from '../helpers/messaging.ts'
import { newRawDevice } from '../helpers/messaging-raw.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

/** A bucket takes so many messages here: they are full soon. */
const MOST = 60
const messaging = await openMessaging({ behindMs: 500, bucketMessages: MOST })
const { people, own, society } = messaging
const users = Array.from({ length: people.size }, (_, user) => people.userId(user).toString())

t.test('a device that is registered between two losses of Redis is written to after both', async (t) => {
  const conversation = randomUUID()
  await messaging.device(0).ask('group', { key: conversation, users })
  await loseRedis(messaging)
  // Both gateways know who is in it then.
  for (const device of society.devices.values()) await device.ask('devices', { conversation })
  const made = society.add({ user: people.userId(1), device: 7 })
  await made.register(messaging.device(1).voucher)
  await made.arrive()
  await loseRedis(messaging)
  const said = [0, 1, 2, 3].map((user) => messaging.say(messaging.device(user), conversation))
  const keys = (await Promise.all(said)).map(({ key }) => key)
  await messaging.settled()
  t.same(messaging.shown(made, conversation).toSorted(), keys.toSorted())
})

t.test(
  'who joined a conversation and was away when Redis was lost is sent all that was said since, and nothing from before',
  async (t) => {
    const [here = 0, elsewhere = 0] = messaging.gateways.map(({ port }) => port)
    const maker = await newRawDevice(own, 9_001n)
    const behind = await newRawDevice(own, 9_002n)
    const later = await newRawDevice(own, 9_003n)
    const connectAll = async (): Promise<void> => {
      await maker.connect(here)
      await behind.connect(elsewhere)
    }
    await connectAll()
    const { conversation } = await maker.ask('group', { key: randomUUID(), users: [behind.user] })
    await maker.say(conversation, 'before')
    await maker.ask('add', { conversation, users: [later.user] })
    // At once, by the clock that is behind.
    await behind.say(conversation, 'one')
    await maker.say(conversation, 'two')
    await loseRedis(messaging)
    await eventually(() => !maker.isConnected() && !behind.isConnected())
    await connectAll()
    await later.connect(elsewhere)
    await eventually(() => later.isDrained())
    t.same(later.texts(), ['one', 'two'])
    await maker.say(conversation, 'three')
    await eventually(() => later.texts().length === 3)
  },
)

t.test(
  'whatever clocks say, ids go up, and no bucket takes more than it may, a message of several kibibytes as so many',
  async (t) => {
    const { redis } = own
    const step = fc.record({
      aheadMs: fc.oneof(fc.integer({ min: -2_000, max: 2_000 }), fc.nat(15 * 86_400_000)),
      kibibytes: fc.integer({ min: 1, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.uuid(), async (steps, conversation) => {
        let now = Date.now()
        const keys = (index: number) => takeMessageKeys('1:1', `${conversation} ${index}`, conversation)
        const calls = steps.map(({ aheadMs, kibibytes }, index) => {
          now += aheadMs
          const payload = 'x'.repeat(kibibytes * 1_368)
          const taken = ['', now, `${EPOCH_MS}:0`, 0, '', 60, 60, conversation, payload, '1', 10]
          return redis.call(takeMessage, keys(index), taken)
        })
        const replies = await redis.wave([['set', NAMES.state(conversation), ''], ...calls])
        const ids = replies.slice(1).map((reply) => idOfTime(String((reply as unknown[])[1])))
        const filled = new Map<number, number>()
        for (const [index, id] of ids.entries()) {
          if (index > 0 && id <= (ids[index - 1] ?? 0n)) return false
          const bucket = bucketOf(id)
          const before = filled.get(bucket) ?? 0
          // It was not full before this one.
          if (before >= 10) return false
          filled.set(bucket, before + (steps[index]?.kibibytes ?? 0))
        }
        // And none was begun before the one before it was full.
        const buckets = [...filled.keys()]
        return buckets.every(
          (bucket, index) => partOf(bucket) === 0 || (filled.get(buckets[index - 1] ?? 0) ?? 0) >= 10,
        )
      }),
      { numRuns: 50 },
    )
    t.pass()
  },
)

const ROWS = { text: 'SELECT conversation_id, bucket, message_id FROM messages', idempotent: true }
const INDEX = { text: 'SELECT bucket FROM conversation_buckets WHERE conversation_id = ?', idempotent: true }

t.test(
  'a conversation that fills its buckets over both gateways, before and after Redis is lost, is found whole',
  async (t) => {
    const [here = 0, elsewhere = 0] = messaging.gateways.map(({ port }) => port)
    const [one, other, away] = await Promise.all(
      [9_011n, 9_012n, 9_013n].map((user) => newRawDevice(own, user)),
    )
    if (one === undefined || other === undefined || away === undefined) throw new Error('three were made')
    const connectAll = async (): Promise<void> => {
      await one.connect(here)
      await other.connect(elsewhere)
    }
    await connectAll()
    const { conversation } = await one.ask('group', { key: randomUUID(), users: [other.user, away.user] })
    const said: { text: string; message: string; key: string }[] = []
    const costs: number[] = []
    const sayMany = async (count: number): Promise<void> => {
      for (let each = 0; each < count; each += 1) {
        const text = `word ${said.length}`
        const key = randomUUID()
        const device = said.length % 2 === 0 ? one : other
        const { message, cost } = await device.say(conversation, text, { key })
        costs.push(cost.cassandra)
        said.push({ text, message, key })
      }
    }
    await sayMany(3 * MOST + 10)
    // The fourth of what one has said is in the first bucket, and the last in the fourth.
    const again = async (index: number): Promise<void> => {
      const { text, key, message } = said[index] ?? { text: '', key: '', message: '' }
      t.match(
        await one.say(conversation, text, { key, isAgain: true }),
        { message },
        `${text} again is the same`,
      )
    }
    await loseRedis(messaging)
    await eventually(() => !one.isConnected() && !other.isConnected())
    await connectAll()
    for (const index of [8, 3 * MOST + 8]) await again(index)
    await sayMany(2 * MOST + 10)
    for (const index of [10, 3 * MOST + 12]) await again(index)

    const expected = [...new Set(said.map(({ message }) => bucketOf(BigInt(message))))]
    t.same(
      expected.map(partOf),
      [0, 1, 2, 3, 4, 5, 6],
      'full ones are followed by the next, and so is one at a loss',
    )
    const rows: { bucket: number; message_id: bigint }[] = []
    for await (const row of allRows<{ conversation_id: string; bucket: number; message_id: bigint }>(
      own.cassandra,
      ROWS,
    ))
      if (row.conversation_id === conversation) rows.push(row)
    t.same(new Set(rows.map((row) => row.message_id)), new Set(said.map(({ message }) => BigInt(message))))
    t.equal(rows.length, said.length, 'each is there once')
    t.ok(rows.every((row) => row.bucket === bucketOf(row.message_id)))
    const index = await own.cassandra.query<{ readonly bucket: number }>(INDEX, [conversation])
    t.same(
      index.map(({ bucket }) => bucket),
      expected.toReversed(),
      'the index names each bucket',
    )
    const bounded = await partitionsWithin({ rows: MOST, bytes: 100_000 }).run({
      stores: messaging.stores,
      population: { seed: 1, size: people.size },
      choice: {},
      journal: journalOf([]),
      seed: 1,
      profile: 'steady',
    })
    t.match(bounded, { state: 'held' })
    // One write a message, and one more for the first that each gateway has of a bucket.
    t.equal(
      costs.reduce((sum, count) => sum + count, 0),
      said.length + 2 * expected.length,
    )

    let before: string | undefined
    const pages: string[][] = []
    for (;;) {
      const page: Answers['history'] = await other.ask('history', {
        conversation,
        ...(before === undefined ? {} : { before }),
      })
      const buckets = new Set(page.messages.map(({ message }) => bucketOf(BigInt(message))))
      if (page.messages.length === 0) break
      // One more where nothing in its bucket is older than what it begins before.
      t.ok(page.partitions <= buckets.size + 1, 'no partition is read for nothing')
      pages.push(page.messages.map(({ message }) => message))
      before = page.messages.at(-1)?.message
    }
    t.same(
      pages.flat(),
      said.map(({ message }) => message).toReversed(),
      'pages have all, newest first, each once',
    )

    const full = await one.ask('history', { conversation, before: said[MOST - 1]?.message })
    t.same(
      [full.messages.length, full.partitions],
      [50, 1],
      'a page is from one partition that holds as many',
    )

    const listed = async (): Promise<number | undefined> =>
      (await one.ask('inbox', {})).conversations.find((each) => each.conversation === conversation)?.unread
    const mark = said.at(-70)?.message ?? ''
    await one.ask('read', { conversation, message: mark })
    await eventually(async () => (await listed()) === 35)
    await own.redis.wave([['del', NAMES.recent(conversation)]])
    t.equal(await listed(), 35, 'and by the log as well')

    await away.connect(elsewhere)
    await eventually(() => {
      if (away.came.length > 0) away.take()
      return away.isDrained()
    })
    // What was sent again stands behind the others.
    t.same(new Set(away.texts()), new Set(said.map(({ text }) => text)), 'who was away is sent all of it')
    t.equal(away.came.length, said.length)
  },
)

t.test('blobs that were there before Redis was lost are found by gateways that start after it', async (t) => {
  const blob = Buffer.from(randomUUID())
  const hash = createHash('sha256').update(blob).digest('hex')
  await messaging.device(0).ask('upload', { hash }, blob)
  await loseRedis(messaging)
  const stores = await connectStores(messaging.endpoints, { poolSize: 1, applicationName: 'arch test late' })
  t.teardown(() => closeStores(stores))
  const late = await openGateway({ name: 'gateway-late', stores, behindMs: 0, coalescing: 'on' })
  const device = messaging.device(2)
  await messaging.leave(device)
  await eventually(async () => {
    await device.arrive()
    const [route] = await own.redis.wave([['get', `route:${device.address}`]])
    if (String(route).startsWith('gateway-late ')) return true
    await messaging.leave(device)
    return false
  })
  t.equal((await device.ask('download', { hash })).blob, blob.toString('base64'))
  await late.close()
  // The gateway that ends takes nothing along.
  await eventually(() =>
    device.ask('download', { hash }).then(
      (found) => found.blob === blob.toString('base64'),
      () => false,
    ),
  )
})

t.test('a blob that cannot be kept is refused as such, and the connection stays', async (t) => {
  const blob = Buffer.from(randomUUID())
  const hash = createHash('sha256').update(blob).digest('hex')
  const device = messaging.device(0)
  const [folders] = await own.redis.wave([['smembers', NAMES.media]])
  const moved = (Array.isArray(folders) ? folders.map(String) : []).map(
    (folder) => [folder, `${folder}-away`] as const,
  )
  t.ok(moved.length > 0)
  for (const [folder, away] of moved) await rename(folder, away)
  const refusal = await device.ask('upload', { hash }, blob).catch((error: unknown) => error)
  for (const [folder, away] of moved) await rename(away, folder)
  t.match(refusal, { name: 'OperationFailure', kind: 'unavailable', message: /^blobs: ENOENT/ })
  t.ok(device.isOnline)
  await device.ask('upload', { hash }, blob)
  t.equal((await device.ask('download', { hash })).blob, blob.toString('base64'))
})

t.test(
  'what was said by somebody whose account is gone opens, though Redis was lost meanwhile',
  async (t) => {
    const receivers = messaging.devicesOf(0)
    for (const receiver of receivers) await messaging.leave(receiver)
    const [user, key] = ['9021', randomUUID()]
    const ask = { device: receivers[0]?.address ?? '', user, key }
    await commands['account.delete'](society, messaging.device(0), ask, performance.now() + 60_000)
    await loseRedis(messaging)
    const conversation = pairId(people.userId(0), BigInt(user))
    for (const receiver of receivers) {
      await receiver.arrive()
      await eventually(() => messaging.shown(receiver, conversation).includes(key))
    }
    await messaging.settled()
    t.same(
      messaging.lines.filter(({ operation }) => operation === 'message.undecryptable'),
      [],
    )
  },
)
