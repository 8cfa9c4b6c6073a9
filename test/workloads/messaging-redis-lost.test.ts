import { randomUUID } from 'node:crypto'
import t from 'tap'
import { loseRedis } from '../helpers/faults/redis-lost.ts'
import { openMessaging } from '../helpers/messaging.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(300_000)

const messaging = await openMessaging({ behindMs: 500 })
const { people, own, society } = messaging
const users = Array.from({ length: people.size }, (_, user) => people.userId(user).toString())

t.test('a device that is registered between two losses of Redis is written to after both', async (t) => {
  const conversation = randomUUID()
  await messaging.device(0).ask('group', { key: conversation, users })
  await loseRedis(messaging)
  // Both gateways know who is in it then.
  for (const device of society.devices.values()) await device.ask('devices', { conversation })
  const made = society.add({ user: people.userId(1), device: 7 })
  await made.register()
  await made.arrive()
  await loseRedis(messaging)
  const said = [0, 1, 2, 3].map((user) => messaging.say(messaging.device(user), conversation))
  const keys = (await Promise.all(said)).map(({ key }) => key)
  await messaging.settled()
  t.same(messaging.shown(made, conversation).toSorted(), keys.toSorted())
})
