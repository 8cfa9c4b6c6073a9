import { randomUUID } from 'node:crypto'
import t from 'tap'
import { makeGroup } from '../../src/workloads/messaging/clients/groups.ts'
import { idOfTime, messageEntry } from '../../src/workloads/messaging/fixed/gateway/entries.ts'
import { NAMES, takeMessageKeys } from '../../src/workloads/messaging/fixed/gateway/names.ts'
import { takeMessage } from '../../src/workloads/messaging/fixed/gateway/scripts.ts'
import { MOST_DEVICES } from '../../src/workloads/messaging/protocol/requests.ts'
import { rowsOf } from '../../src/workloads/messaging/rows.ts'
import { eventually } from '../helpers/context.ts'
import { keysFor, openMessaging, refusal } from '../helpers/messaging.ts'
import { queuesOf, seedStrangers, seedUsers } from '../helpers/messaging-strangers.ts'

// Hundreds of devices register first, on a machine that others may share.
t.setTimeout(600_000)

/** One in five has a second device: more devices than a frame names. */
const SIZE = 120
const messaging = await openMessaging({ size: SIZE })
const { people, society, own } = messaging
const users = Array.from({ length: SIZE }, (_, user) => people.userId(user).toString())

t.test(
  'a message to a group reaches each of their devices once, whose keys come in several frames',
  async (t) => {
    const conversation = randomUUID()
    const maker = messaging.device(0)
    await maker.ask('group', { key: conversation, users })
    const said = [await messaging.say(maker, conversation), await messaging.say(maker, conversation)]
    const others = [...society.devices.values()].filter((device) => device !== maker)
    t.ok(others.length > MOST_DEVICES, `${others.length} devices`)
    for (const { recipients } of said) t.equal(recipients, others.length)
    await eventually(() =>
      others.every((device) => messaging.shown(device, conversation).length >= said.length),
    )
    await messaging.settled()
    const expected = said.map(({ key }) => key)
    for (const device of others) t.same(messaging.shown(device, conversation), expected, device.address)
    t.same(
      messaging.lines.filter(({ operation }) => operation === 'message.undecryptable'),
      [],
    )
  },
)

const MEMBERS = {
  text: 'SELECT user_id FROM members WHERE conversation_id = ?',
  idempotent: true,
}

t.test('a group of 10,000 is made by several frames, is known whole, and gets no larger', async (t) => {
  const conversation = randomUUID()
  const maker = messaging.device(0)
  // Their ids come before those of people who have devices: these are on the last page of the members.
  const strangers = Array.from({ length: 10_000 - SIZE }, (_, index) => String(index + 1))
  await seedUsers(own, strangers.map(BigInt))
  await makeGroup(maker, conversation, [...strangers, ...users])
  t.equal((await rowsOf(own.cassandra, MEMBERS, [conversation])).length, 10_000)
  const { recipients, key } = await messaging.say(maker, conversation)
  const others = [...society.devices.values()].filter((device) => device !== maker)
  t.equal(recipients, others.length)
  await eventually(() => others.every((device) => messaging.shown(device, conversation).length > 0))
  for (const device of others) t.same(messaging.shown(device, conversation), [key], device.address)
  t.equal(await refusal(maker.ask('add', { conversation, users: ['10000'] })), 'too large')
})

t.test(
  'messages to more devices than one script serves come in the order of the conversation, over both gateways and behind one that was left half served',
  async (t) => {
    const conversation = randomUUID()
    const [maker, other] = [messaging.device(0), messaging.device(1)]
    const strangers = Array.from({ length: 900 }, (_, index) => BigInt(20_000 + index))
    await seedStrangers(own, strangers)
    await makeGroup(maker, conversation, [...strangers.map(String), ...users])
    const said = [await messaging.say(maker, conversation), await messaging.say(other, conversation)]
    t.ok(said.every(({ recipients }) => recipients > 1_000))

    // A gateway that took a message and died before it served anybody: for those who can open none.
    const addresses = [...strangers, ...strangers.map((user) => user + 1_000n)].map((user) => `${user}:1`)
    const [state] = await own.redis.wave([['get', NAMES.state(conversation)]])
    const keys = takeMessageKeys('1:1', 'left', conversation)
    const values = [
      String(state),
      Date.now(),
      '',
      0,
      '',
      600,
      600,
      conversation,
      '{"kind":"message"}',
      '1',
      100,
    ]
    const [left] = await own.redis.wave([own.redis.call(takeMessage, keys, [...values, ...addresses])])
    const [, id = ''] = Array.isArray(left) ? left.map(String) : []

    const saying = [maker, other].flatMap((device) =>
      Array.from({ length: 10 }, () => messaging.say(device, conversation)),
    )
    said.push(...(await Promise.all(saying)))
    const others = [...society.devices.values()].filter((device) => device !== maker && device !== other)
    await eventually(() =>
      others.every((device) => messaging.shown(device, conversation).length >= said.length),
    )
    for (const device of others)
      t.same(messaging.shown(device, conversation), keysFor(device, said), device.address)
    const ids = [...said.map(({ message }) => BigInt(message)), idOfTime(id)].toSorted((one, two) =>
      one < two ? -1 : 1,
    )
    const expected = ids.map((each) => messageEntry(conversation, each))
    const queues = await queuesOf(own, strangers)
    const waiting = queues.map((queue) => queue.filter((name) => !name.startsWith('key/')).join(' '))
    t.same([...new Set(waiting)], [expected.join(' ')], 'each has each once, in order')
    t.equal((await own.redis.wave([['exists', NAMES.parts(conversation)]]))[0], 0, 'nothing is left to serve')
  },
)
