import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Device } from '../../src/workloads/messaging/clients/device.ts'
import { NAMES } from '../../src/workloads/messaging/fixed/gateway/names.ts'
import { INSERT_DEVICE } from '../../src/workloads/messaging/fixed/gateway/statements.ts'
import { openTaken } from '../../src/workloads/messaging/fixed/gateway/taken.ts'
import { persistWaiting } from '../../src/workloads/messaging/fixed/persister.ts'
import { eventually } from '../helpers/context.ts'
import { keysFor, openMessaging } from '../helpers/messaging.ts'
import type { Said } from '../helpers/messaging.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

// Whatever the second gateway's clock says: it is half a second behind in all of these.
const messaging = await openMessaging({ behindMs: 500 })
const { people, own } = messaging

/** A conversation of two, of whom one has a second device. */
const pair = Array.from({ length: people.pairs }, (_, index) => index).find((index) =>
  people.membersOf(index).some((user) => people.devicesOf(user) === 2),
)
if (pair === undefined) throw new Error('nobody has a second device')
const group = people.pairs
const byDevices = (one: number, other: number): number => people.devicesOf(other) - people.devicesOf(one)
const [many = 0, single = 0] = people.membersOf(pair).toSorted(byDevices)

function devicesIn(conversation: number): readonly Device[] {
  return people.membersOf(conversation).flatMap((user) => messaging.devicesOf(user))
}

async function sayMany(device: Device, conversation: string, count: number): Promise<Said[]> {
  const said: Said[] = []
  for (let index = 0; index < count; index += 1) said.push(await messaging.say(device, conversation))
  return said
}

/** Resolves when a device has shown as many messages of a conversation as it should; more would be seen too. */
async function untilShown(device: Device, conversation: string, count: number): Promise<string[]> {
  await eventually(() => messaging.shown(device, conversation).length >= count)
  await messaging.settled()
  return messaging.shown(device, conversation)
}

const gatewayOf = async ({ address }: Device): Promise<string> =>
  String((await own.redis.wave([['get', `route:${address}`]]))[0]).split(' ')[0] ?? ''

for (const [what, index] of [
  ['two', pair],
  ['a group', group],
] as const)
  t.test(
    `a message to ${what} reaches each device of each member once, in order, the sender's others included`,
    async (t) => {
      const conversation = people.conversationId(index)
      const devices = devicesIn(index)
      const said = (await Promise.all(devices.map((device) => sayMany(device, conversation, 15)))).flat()
      for (const device of devices)
        t.same(
          await untilShown(device, conversation, said.length - 15),
          keysFor(device, said),
          device.address,
        )
      t.equal(new Set(said.map(({ message }) => message)).size, said.length, 'each has an id of its own')
      for (const { recipients } of said) t.equal(recipients, devices.length - 1)
      t.equal(new Set(await Promise.all(devices.map(gatewayOf))).size, 2, 'over both gateways')
    },
  )

t.test(
  'the conversation keeps its order though senders on both gateways take turns and one clock is behind',
  async (t) => {
    const conversation = people.conversationId(pair)
    const [one, other] = devicesIn(pair)
    if (one === undefined || other === undefined) throw new Error('a pair has two devices')
    const before = messaging.shown(messaging.device(many, 2), conversation).length
    const said: Said[] = []
    for (let turn = 0; turn < 40; turn += 1)
      said.push(await messaging.say(turn % 2 === 0 ? one : other, conversation))
    const ids = said.map(({ message }) => BigInt(message))
    t.ok(
      ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0n)),
      'each id is greater than the one before',
    )
    const seen = await untilShown(messaging.device(many, 2), conversation, before + said.length)
    t.same(seen.slice(before), keysFor(messaging.device(many, 2), said))
  },
)

t.test(
  'what is sent again by the same key is the same message, over another gateway too, and is shown once',
  async (t) => {
    const conversation = people.conversationId(pair)
    const sender = messaging.device(many)
    const reader = messaging.device(single)
    const before = messaging.shown(reader, conversation).length
    const said = await messaging.say(sender, conversation, { repeats: true })
    t.equal(said.again, said.message)
    const first = await gatewayOf(sender)
    await messaging.leave(sender)
    await sender.arrive()
    t.not(await gatewayOf(sender), first)
    const { state } = await sender.ask('devices', { conversation })
    const envelope = sender.keys.encrypt(conversation, Buffer.from('{}'))
    const again = await sender.ask('send', { conversation, state, key: said.key, again: true }, envelope)
    t.match(again, { message: said.message })
    const last = await messaging.say(sender, conversation)
    const seen = await untilShown(reader, conversation, before + 2)
    t.same(seen.slice(before), [said.key, last.key])
  },
)

/** Cuts off the one with a single device, says so many things to it, and answers them. */
async function whileAway(
  count: number,
): Promise<{ readonly said: readonly Said[]; readonly before: number }> {
  const conversation = people.conversationId(pair ?? 0)
  const reader = messaging.device(single)
  await messaging.settled()
  await messaging.leave(reader)
  const before = messaging.shown(reader, conversation).length
  return { said: await sayMany(messaging.device(many), conversation, count), before }
}

t.test(
  'a device that was away gets all in order when it comes back, and its queue is empty then',
  async (t) => {
    const reader = messaging.device(single)
    const conversation = people.conversationId(pair)
    const { said, before } = await whileAway(130)
    t.equal(await messaging.waiting(reader), 130)
    await reader.arrive()
    t.same(
      messaging.shown(reader, conversation).slice(before),
      keysFor(reader, said),
      'all is there once it has arrived',
    )
    await messaging.settled()
    t.equal(await messaging.waiting(reader), 0)
  },
)

// A page of the store's queue is a hundred entries: what ends with a page must be cleared away as well.
for (const [count, behind] of [
  [30, 5],
  [100, 0],
  [200, 0],
] as const)
  t.test(
    `${count} messages that waited long come from the store, before the newer ones, and leave it`,
    async (t) => {
      const reader = messaging.device(single)
      const conversation = people.conversationId(pair)
      const { said, before } = await whileAway(count)
      await persistWaiting(own, -1_000)
      t.equal(
        (await own.redis.wave([['zcard', `queue:${reader.address}`]]))[0],
        0,
        'nothing is left in Redis',
      )
      t.equal(await messaging.waiting(reader), count)
      const newer = await sayMany(messaging.device(many), conversation, behind)
      await reader.arrive()
      t.same(messaging.shown(reader, conversation).slice(before), keysFor(reader, [...said, ...newer]))
      await messaging.settled()
      t.equal(await messaging.waiting(reader), 0)
    },
  )

t.test('what is moved to the store while Redis is lost stays where it is then', async (t) => {
  const reader = messaging.device(single)
  const { said, before } = await whileAway(10)
  const [epoch] = await own.redis.wave([['get', 'epoch']])
  const cassandra = {
    ...own.cassandra,
    async batch(...asked: Parameters<typeof own.cassandra.batch>) {
      const answer = await own.cassandra.batch(...asked)
      await own.redis.wave([['set', 'epoch', 'another']])
      return answer
    },
  }
  await persistWaiting({ ...own, cassandra }, -1_000)
  await own.redis.wave([['set', 'epoch', String(epoch)]])
  t.equal((await own.redis.wave([['zcard', `queue:${reader.address}`]]))[0], 10)
  t.equal(await messaging.waiting(reader), 10, 'nothing waits for it twice')
  await reader.arrive()
  const conversation = people.conversationId(pair)
  t.same(messaging.shown(reader, conversation).slice(before), keysFor(reader, said))
})

t.test('what was taken before Redis was lost takes nothing out of the queue that is made anew', async (t) => {
  const taken = openTaken(own.redis)
  const [epoch] = await own.redis.wave([['get', 'epoch']])
  const wait = () => own.redis.wave([['zadd', 'queue:1:1', 1, 'one', 2, 'two']])
  const waiting = async () => (await own.redis.wave([['zcard', 'queue:1:1']]))[0]
  await wait()
  taken.taken('1:1', { position: 1_000_001, epoch: 'before' })
  await taken.flush()
  t.equal(await waiting(), 2)
  taken.taken('1:1', { position: 1, epoch: String(epoch) })
  await taken.flush()
  t.equal(await waiting(), 1)
  await own.redis.wave([['del', 'queue:1:1']])
})

t.test(
  'a device that connects elsewhere while it is connected is served there, and nothing is lost between the two',
  async (t) => {
    const reader = messaging.device(single)
    const sender = messaging.device(many)
    const conversation = people.conversationId(pair)
    const before = messaging.shown(reader, conversation).length
    const coming = (async () => {
      for (let turn = 0; turn < 5; turn += 1) {
        reader.leave()
        await reader.arrive()
      }
    })()
    const said = await sayMany(sender, conversation, 40)
    await coming
    const seen = await untilShown(reader, conversation, before + said.length)
    t.same(seen.slice(before), keysFor(reader, said))
  },
)

t.test('nothing that came could not be opened', (t) => {
  t.same(
    messaging.lines.filter(({ operation }) => operation === 'message.undecryptable'),
    [],
  )
  t.end()
})

const DROP_DEVICE = { text: 'DELETE FROM devices WHERE user_id = ? AND device_id = ?', idempotent: true }

t.test(
  'nothing is sent to a device that its sender has not seen, though the state is the same (M-26)',
  async (t) => {
    const conversation = people.conversationId(pair)
    const writer = messaging.device(single)
    const { state } = await writer.ask('devices', { conversation })
    const count = devicesIn(pair).length
    const user = people.userId(many)
    /** Resolves when the writer's gateway has looked at the tables again, in the same state as before. */
    const seesDevices = async (expected: number): Promise<void> => {
      await own.redis.wave([
        ['set', NAMES.devices(user), randomUUID()],
        ['publish', NAMES.changed, conversation],
      ])
      await eventually(async () => {
        const { devices } = await writer.ask('devices', { conversation })
        return devices.length === expected
      })
    }
    // A registration that has come as far as its row.
    const key = Buffer.from('key')
    await own.cassandra.query(INSERT_DEVICE, [user, 9, key, key, key, new Date()])
    await seesDevices(count + 1)
    const send = { conversation, state, key: randomUUID(), again: false }
    const answer = await writer.ask('send', send, Buffer.from('x'))
    const seen = await writer.ask('devices', { conversation })
    t.same(answer, { stale: seen.state })
    t.not(seen.state, state)
    await own.cassandra.query(DROP_DEVICE, [user, 9])
    await seesDevices(count)
  },
)
