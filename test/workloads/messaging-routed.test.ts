import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import { closeStores, connectStores } from '../../src/session/up.ts'
import { NAMES } from '../../src/workloads/messaging/fixed/gateway/names.ts'
import { ownerAmong } from '../../src/workloads/messaging/fixed/gateway/peers.ts'
import { openGateway } from '../../src/workloads/messaging/fixed/gateway/role.ts'
import type { RunningGateway } from '../../src/workloads/messaging/fixed/gateway/role.ts'
import type { Answers } from '../../src/workloads/messaging/protocol/answers.ts'
import { openLink } from '../../src/workloads/messaging/protocol/link.ts'
import type { Link } from '../../src/workloads/messaging/protocol/link.ts'
import { eventually } from '../helpers/context.ts'
import { openMessaging, refusal } from '../helpers/messaging.ts'
import { GATEWAYS } from '../helpers/messaging-case.ts'
import { newRawDevice } from '../helpers/messaging-raw.ts'
import type { RawDevice } from '../helpers/messaging-raw.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging({ coalescing: 'routed' })
const { own, endpoints } = messaging
const { redis } = own
const [here, there] = messaging.gateways
if (here === undefined || there === undefined) throw new Error('there are not two gateways')

/** Somebody at each gateway. */
const writer = await newRawDevice(own, 9_001n)
const reader = await newRawDevice(own, 9_002n)
await writer.connect(here.port)
await reader.connect(there.port)

/** A group of both, of which one gateway reads the pages, with so many messages. */
async function groupReadBy(owner: string, among: readonly string[], messages: number): Promise<string> {
  for (;;) {
    const key = randomUUID()
    const { conversation } = await writer.ask('group', { key, users: [reader.user] })
    if (ownerAmong(conversation, among) !== owner) continue
    for (let index = 0; index < messages; index += 1) await writer.say(conversation, `word ${index}`)
    return conversation
  }
}

function pageOf(device: RawDevice, conversation: string): Promise<Answers['history']> {
  return device.ask('history', { conversation })
}

/** Resolves when pages are read so, whichever gateway is asked: it may have been too slow, or not know yet who is there. */
async function untilRead(
  isReadBy: (readers: readonly string[]) => boolean,
  conversation: string,
): Promise<void> {
  await eventually(async () => {
    const pages = await Promise.all([pageOf(writer, conversation), pageOf(reader, conversation)])
    return isReadBy(pages.map((page) => page.reader))
  })
}

t.test('a page is read by one gateway, whichever is asked, and is the same (M-16)', async (t) => {
  for (const owner of GATEWAYS) {
    const conversation = await groupReadBy(owner, GATEWAYS, 3)
    await untilRead((readers) => readers.every((each) => each === owner), conversation)
    const [one, other] = await Promise.all([pageOf(writer, conversation), pageOf(reader, conversation)])
    t.equal(one.messages.length, 3)
    t.same(one.messages, other.messages)
    const { messages } = await reader.ask('history', { conversation, before: one.messages[0]?.message })
    t.same(messages, one.messages.slice(1), 'so is a page before a message')
  }
})

t.test('whoever is no member sees no page, whichever gateway reads it', async (t) => {
  const stranger = await newRawDevice(own, 9_003n)
  await stranger.connect(here.port)
  for (const owner of GATEWAYS) {
    const conversation = await groupReadBy(owner, GATEWAYS, 1)
    t.equal(await refusal(stranger.ask('history', { conversation })), 'not a member')
  }
})

t.test('a gateway that comes reads its share, and one that goes leaves it to the others', async (t) => {
  const stores = await connectStores(endpoints, { poolSize: 1, applicationName: 'arch test third' })
  t.teardown(() => closeStores(stores))
  const third = await openGateway({ name: 'gateway-3', stores, behindMs: 0, coalescing: 'routed' })
  const all = [...GATEWAYS, 'gateway-3']
  const conversation = await groupReadBy('gateway-3', all, 2)
  await untilRead((readers) => readers.every((each) => each === 'gateway-3'), conversation)
  const before = await pageOf(reader, conversation)
  await third.close()
  const owner = ownerAmong(conversation, GATEWAYS)
  await untilRead((readers) => readers.every((each) => each === owner), conversation)
  t.same((await pageOf(reader, conversation)).messages, before.messages)
})

for (const [what, greet] of [
  ['ends every connection', (socket: Socket): unknown => socket.destroy()],
  ['is stalled', (socket: Socket): unknown => socket.resume()],
] as const)
  t.test(`a gateway that ${what} holds up no page: who was asked reads it`, async (t) => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      greet(socket)
    }).listen(0, '127.0.0.1')
    t.teardown(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await redis.wave([['hset', NAMES.gateways, 'gateway-lame', port]])
    const conversation = await groupReadBy('gateway-lame', [...GATEWAYS, 'gateway-lame'], 1)
    const readers = new Set<string>()
    // Gateways look at who is there every two seconds.
    await eventually(async () => {
      const { messages, reader: by } = await pageOf(writer, conversation)
      readers.add(`${messages.length} by ${by}`)
      return sockets.length > 0
    })
    await redis.wave([['hdel', NAMES.gateways, 'gateway-lame']])
    readers.delete(`1 by ${ownerAmong(conversation, GATEWAYS)}`)
    readers.delete(`1 by ${GATEWAYS[0]}`)
    t.same([...readers], [])
    await eventually(() => sockets.every(({ destroyed }) => destroyed))
  })

/** Connects to a gateway as another one, by a secret. */
async function peerOf({ port }: RunningGateway, secret: string): Promise<Link> {
  const observer = { pushed: () => undefined, unreadable: () => undefined, closed: () => undefined }
  return openLink(port, observer, secret)
}

t.test(
  'who does not know the secret of gateways, or asks for anything but a page, is counted and sent away',
  async (t) => {
    const conversation = await groupReadBy(GATEWAYS[0] ?? '', GATEWAYS, 1)
    const [secret] = await redis.wave([['get', NAMES.peers]])
    t.match(secret, /^[\w-]{32}$/)
    const page = await (await peerOf(here, String(secret))).ask('page', { conversation })
    t.match(page, { reader: GATEWAYS[0], messages: [{}] })
    const foreign = await peerOf(here, 'a guess')
    await t.rejects(foreign.ask('page', { conversation }), { name: 'OperationFailure' })
    t.equal(here.rejections.get('no gateway'), 1)
    const curious = await peerOf(here, String(secret))
    await t.rejects(curious.ask('inbox', {}), { name: 'OperationFailure' })
    t.equal(here.rejections.get('malformed'), 1)
    t.match(await pageOf(writer, conversation), { messages: [{}] }, 'the gateway goes on')
  },
)
