import { randomUUID } from 'node:crypto'
import t from 'tap'
import { makeGroup } from '../../src/workloads/messaging/clients/groups.ts'
import { rowsOf } from '../../src/workloads/messaging/rows.ts'
import { eventually } from '../helpers/context.ts'
import { openMessaging, refusal } from '../helpers/messaging.ts'

// Hundreds of devices register first, on a machine that others may share.
t.setTimeout(300_000)

const SIZE = 300
const messaging = await openMessaging({ size: SIZE })
const { people, society, own } = messaging
const users = Array.from({ length: SIZE }, (_, user) => people.userId(user).toString())

t.test(
  'a message to a group of 300 reaches each of their devices once, whose keys come in several frames',
  async (t) => {
    const conversation = randomUUID()
    const maker = messaging.device(0)
    await maker.ask('group', { key: conversation, users })
    const said = [await messaging.say(maker, conversation), await messaging.say(maker, conversation)]
    const others = [...society.devices.values()].filter((device) => device !== maker)
    t.ok(others.length >= SIZE, `${others.length} devices`)
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
  await makeGroup(maker, conversation, [...strangers, ...users])
  t.equal((await rowsOf(own.cassandra, MEMBERS, [conversation])).length, 10_000)
  const { recipients, key } = await messaging.say(maker, conversation)
  const others = [...society.devices.values()].filter((device) => device !== maker)
  t.equal(recipients, others.length)
  await eventually(() => others.every((device) => messaging.shown(device, conversation).length > 0))
  for (const device of others) t.same(messaging.shown(device, conversation), [key], device.address)
  t.equal(await refusal(maker.ask('add', { conversation, users: ['10000'] })), 'too large')
})
