import { randomUUID } from 'node:crypto'
import t from 'tap'
import { eventually } from '../helpers/context.ts'
import { openMessaging } from '../helpers/messaging.ts'

// Hundreds of devices register first, on a machine that others may share.
t.setTimeout(300_000)

const SIZE = 300
const messaging = await openMessaging({ size: SIZE })
const { people, society } = messaging

t.test(
  'a message to a group of 300 reaches each of their devices once, whose keys come in several frames',
  async (t) => {
    const conversation = randomUUID()
    const maker = messaging.device(0)
    const users = Array.from({ length: SIZE }, (_, user) => people.userId(user).toString())
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
