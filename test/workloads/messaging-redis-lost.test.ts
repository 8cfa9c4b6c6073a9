import { createHash, randomUUID } from 'node:crypto'
import t from 'tap'
import { openGateway } from '../../src/workloads/messaging/fixed/gateway/role.ts'
import { closeStores, connectStores } from '../../src/session/up.ts'
import { eventually } from '../helpers/context.ts'
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

t.test('blobs that were there before Redis was lost are found by gateways that start after it', async (t) => {
  const blob = Buffer.from(randomUUID())
  const hash = createHash('sha256').update(blob).digest('hex')
  await messaging.device(0).ask('upload', { hash }, blob)
  await loseRedis(messaging)
  const stores = await connectStores(messaging.endpoints, { poolSize: 1, applicationName: 'arch test late' })
  t.teardown(() => closeStores(stores))
  const late = await openGateway({ name: 'gateway-late', stores, behindMs: 0, coalesces: true })
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
