import { createHash, randomUUID } from 'node:crypto'
import t from 'tap'
import { openGateway } from '../../src/workloads/messaging/fixed/gateway/role.ts'
import { closeStores, connectStores } from '../../src/session/up.ts'
import { eventually } from '../helpers/context.ts'
import { loseRedis } from '../helpers/faults/redis-lost.ts'
import { openMessaging } from '../helpers/messaging.ts'
import { newRawDevice } from '../helpers/messaging-raw.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

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
