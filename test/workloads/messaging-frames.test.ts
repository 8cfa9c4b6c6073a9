import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { witnessRefusals } from '../../src/workloads/messaging/fixed/gateway/refusals.ts'
import { decodeFrame, encodeFrame, LARGEST_FRAME } from '../../src/workloads/messaging/protocol/frame.ts'
import { eventually } from '../helpers/context.ts'
import { keysFor, openMessaging, refusal } from '../helpers/messaging.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging()
const { people } = messaging
const [gateway] = messaging.gateways
const pair = 0
const conversation = people.conversationId(pair)
const [one = 0, other = 0] = people.membersOf(pair)
const user = people.userId(one).toString()

function rejected(why: string): number {
  return gateway?.rejections.get(why) ?? 0
}

/** How often gateways refused something, by why. */
function refused(why: string): number {
  return messaging.gateways.reduce((sum, { rejections }) => sum + (rejections.get(why) ?? 0), 0)
}

/** A socket to the first gateway that says whatever it is told to. */
async function rawSocket(): Promise<{
  readonly socket: WebSocket
  /** The answer to a frame. */
  readonly ask: (header: object, body?: Uint8Array) => Promise<unknown>
}> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway?.port}`, { perMessageDeflate: false })
  socket.binaryType = 'nodebuffer'
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  return {
    socket,
    async ask(header, body) {
      const answered = once(socket, 'message')
      socket.send(encodeFrame(header, body))
      const [data] = (await answered) as [Buffer]
      return decodeFrame(data).header
    },
  }
}

/** Others go on: a message between two devices arrives. */
async function othersGoOn(): Promise<void> {
  const reader = messaging.device(other)
  const before = messaging.shown(reader, conversation).length
  const said = await messaging.say(messaging.device(one), conversation)
  await eventually(() => messaging.shown(reader, conversation).length > before)
  t.same(messaging.shown(reader, conversation).slice(before), keysFor(reader, [said]), 'others go on')
}

const header = (words: string): Buffer => {
  const frame = Buffer.alloc(4 + words.length)
  frame.writeUInt32BE(words.length)
  frame.write(words, 4)
  return frame
}

const MALFORMED: readonly (readonly [string, Buffer | string])[] = [
  ['nothing', Buffer.alloc(0)],
  ['no whole length', Buffer.from([0, 0, 1])],
  ['a header that is longer than the frame', Buffer.from([0, 0, 1, 0, 123])],
  ['a header that is no JSON', header('{"type":')],
  ['a header that is no object', header('17')],
  ['a header of null', header('null')],
  ['a type that nobody knows', encodeFrame({ type: 'reboot' })],
  ['text where a frame should be', 'hello'],
  ['a position that is no number', encodeFrame({ type: 'taken', position: 'all' })],
]

for (const [what, frame] of MALFORMED)
  t.test(`${what} is refused and counted, and the connection stays`, async (t) => {
    const { socket, ask } = await rawSocket()
    const before = rejected('malformed')
    socket.send(frame)
    await eventually(() => rejected('malformed') === before + 1)
    const answer = await ask({ type: 'inbox', request: 5 })
    t.match(answer, { type: 'refused', request: 5, reason: 'unknown device' }, 'it answers what comes next')
  })

t.test(
  'a frame that is too large closes its own connection, is counted, and nothing else happens',
  async (t) => {
    const { socket } = await rawSocket()
    const before = rejected('no frame')
    const closed = once(socket, 'close')
    socket.send(encodeFrame({ type: 'inbox', request: 1 }, Buffer.alloc(LARGEST_FRAME)))
    const [code] = (await closed) as [number]
    t.equal(code, 1009)
    await eventually(() => rejected('no frame') === before + 1)
    await othersGoOn()
  },
)

t.test('a request before its device has said who it is, or with a wrong token, is refused', async (t) => {
  const { ask } = await rawSocket()
  const unknown = { type: 'refused', request: 1, reason: 'unknown device' }
  const before = rejected('unknown device')
  t.match(await ask({ type: 'history', request: 1, conversation }), unknown)
  t.match(await ask({ type: 'hello', request: 1, user, device: 1, token: 'wrong' }), unknown)
  t.match(
    await ask({ type: 'hello', request: 1, user, device: 99, token: 'wrong' }),
    unknown,
    'no such device',
  )
  t.match(await ask({ type: 'hello', request: 1, user: '99', device: 1, token: '' }), unknown, 'no such user')
  t.match(await ask({ type: 'inbox', request: 1 }), unknown, 'it is nobody still')
  t.equal(rejected('unknown device'), before + 5)
  await othersGoOn()
})

t.test('a device that is registered cannot be registered by somebody else', async (t) => {
  const { ask } = await rawSocket()
  const body = Buffer.alloc(160)
  const again = { type: 'register', request: 3, user, device: 1, lengths: [64, 96] }
  t.match(await ask(again, body), { type: 'refused', request: 3, reason: 'already registered' })
  const short = { ...again, device: 50 }
  t.match(await ask(short, body.subarray(1)), { type: 'refused', request: 3, reason: 'malformed' })
})

t.test('a further device of a user is let in by one that is there, and by nobody else', async (t) => {
  const victim = people.userId(801)
  const { ask } = await rawSocket()
  const register = (device: number, more: object = {}): Promise<unknown> => {
    const header = { type: 'register', request: 3, user: victim.toString(), device, lengths: [64, 96] }
    return ask({ ...header, ...more }, Buffer.alloc(160))
  }
  const devices = async (): Promise<number[]> => {
    const text = 'SELECT device_id FROM devices WHERE user_id = ?'
    const rows = await messaging.own.cassandra.query<{ readonly device_id: number }>(
      { text, idempotent: true },
      [victim],
    )
    return rows.map(({ device_id: device }) => device)
  }
  const first = (await register(2)) as { readonly value: { readonly token: string } }
  const refused = { type: 'refused', request: 3, reason: 'unknown device' }
  t.match(await register(77), refused, 'nobody vouches')
  t.match(await register(77, { by: messaging.device(other).voucher }), refused, 'somebody else does')
  t.match(await register(77, { by: { device: 77, token: '' } }), refused, 'it does itself')
  t.same(await devices(), [2])
  t.match(await register(77, { by: { device: 2, token: first.value.token } }), { type: 'done', request: 3 })
  t.same(await devices(), [2, 77])
  await othersGoOn()
})

t.test('of two devices that are registered at once as the first of a user one is', async (t) => {
  const user = people.userId(800).toString()
  const answers = await Promise.all(
    [1, 2, 3].map(async (device) => {
      const { ask } = await rawSocket()
      return ask({ type: 'register', request: 1, user, device, lengths: [64, 96] }, Buffer.alloc(160))
    }),
  )
  t.equal(answers.filter((answer) => (answer as { type: string }).type === 'done').length, 1)
  const statement = { text: 'SELECT first_device FROM users WHERE user_id = ?', idempotent: true }
  t.equal((await messaging.own.cassandra.query(statement, [BigInt(user)])).length, 1, 'and the user is there')
})

t.test(
  'an id that no bigint holds is refused and counted, wherever it stands, and nothing ends',
  async (t) => {
    const tooGreat = '9223372036854775808'
    const device = messaging.device(one)
    const before = refused('malformed')
    const asks = {
      read: device.ask('read', { conversation, message: '9999999999999999999' }),
      history: device.ask('history', { conversation, before: tooGreat }),
      start: device.ask('start', { user: tooGreat }),
      group: device.ask('group', { key: randomUUID(), users: [tooGreat] }),
      add: device.ask('add', { conversation, users: [tooGreat] }),
      remove: device.ask('remove', { conversation, user: tooGreat }),
      claim: device.ask('claim', { addresses: [`${tooGreat}:1`] }),
    }
    for (const [name, answer] of Object.entries(asks)) t.equal(await refusal(answer), 'malformed', name)
    const { ask } = await rawSocket()
    const hello = { type: 'hello', request: 1, user: tooGreat, device: 1, token: '' }
    t.match(await ask(hello), { type: 'refused', request: 1, reason: 'malformed' }, 'hello')
    t.equal(refused('malformed'), before + Object.keys(asks).length + 1)
    await messaging.settled()
    await othersGoOn()
  },
)

t.test('a mark ahead of what was said is refused and counted, and nothing of it is kept', async (t) => {
  const reader = messaging.device(other)
  const { message } = await messaging.say(messaging.device(one), conversation)
  const read = (id: bigint): Promise<string> =>
    refusal(reader.ask('read', { conversation, message: id.toString() }))
  const before = refused('no such message')
  t.equal(await read(2n ** 63n - 1n), 'no such message', 'the greatest id')
  t.equal(await read(BigInt(message) + 1n), 'no such message')
  t.equal(refused('no such message'), before + 2)
  t.equal(await read(BigInt(message)), 'no refusal')
  await messaging.settled()
  const { receipts } = await reader.ask('receipts', { conversation })
  t.equal(receipts.find(({ address }) => address === reader.address)?.read, message)
  await othersGoOn()
})

t.test('parts of a body that do not add up are refused', async (t) => {
  const device = messaging.device(one)
  t.equal(await refusal(device.ask('packages', { lengths: [10, 10] }, Buffer.alloc(19))), 'malformed')
  t.equal(await refusal(device.ask('packages', { lengths: [10] }, Buffer.alloc(11))), 'malformed')
  const to = messaging.device(other).address
  const keys = (lengths: readonly number[], body: Buffer): Promise<string> =>
    refusal(device.ask('keys', { conversation, addresses: [to], lengths }, body))
  t.equal(await keys([1, 1], Buffer.alloc(2)), 'malformed', 'more parts than devices')
  t.equal(await keys([2], Buffer.alloc(1)), 'malformed')
  t.equal(await refusal(device.ask('upload', { hash: '0'.repeat(64) }, Buffer.from('x'))), 'malformed')
  await othersGoOn()
})

/** The state in which a device may write to the conversation. */
async function stateOf(number: number): Promise<string> {
  return (await messaging.device(number).ask('devices', { conversation })).state
}

/** Sends bytes as a device's message. */
async function sendRaw(number: number, envelope: Uint8Array): Promise<void> {
  const ask = { conversation, state: await stateOf(number), key: randomUUID(), again: false }
  await messaging.device(number).ask('send', ask, envelope)
}

function unreadable(): object[] {
  return messaging.lines
    .filter(({ operation }) => operation === 'message.undecryptable')
    .map(({ keys }) => keys)
}

t.test(
  'a frame that names a sender is refused and counted, nothing of it is kept, and the connection stays',
  async (t) => {
    const from = messaging.device(one).address
    const forger = messaging.device(other)
    const send = { conversation, state: await stateOf(other), again: false }
    const names = [{ from }, { sender: from }, { user }, { user, device: 1 }]
    const before = refused('forged sender')
    for (const name of names) {
      const ask = forger.ask('send', { ...send, key: randomUUID(), ...name }, Buffer.from('forged'))
      t.equal(await refusal(ask), 'forged sender', JSON.stringify(name))
    }
    t.equal(await refusal(forger.ask('read', { conversation, message: '1', from })), 'forged sender')
    t.equal(refused('forged sender'), before + names.length + 1)
    t.equal(await refusal(forger.ask('inbox', { colour: 'red' })), 'malformed', 'any other word is malformed')
    const { messages } = await forger.ask('history', { conversation })
    t.notOk(
      messages.some(({ bytes }) => bytes === 'forged'.length),
      'nothing of it is in the log',
    )
    await othersGoOn()
  },
)

t.test('nobody opens what another one signed: it is from whose connection it came', async (t) => {
  const keys = messaging.device(one).keys
  const envelope = keys.encrypt(conversation, Buffer.from('{"key":"forged"}'))
  const before = unreadable().length
  await sendRaw(other, envelope)
  await eventually(() => unreadable().length > before)
  t.match(unreadable().at(-1), {
    device: messaging.device(one).address,
    from: messaging.device(other).address,
  })
  t.notOk(messaging.lines.some(({ keys }) => keys['key'] === 'forged'))
  await othersGoOn()
})

for (const [what, words] of [
  ['no JSON', 'hello'],
  ['nothing', ''],
  ['JSON of something else', '{"kind":"order","key":7}'],
  ['null', 'null'],
] as const)
  t.test(`a message that says ${what} is counted as unreadable, and its reader goes on`, async (t) => {
    const sender = messaging.device(one)
    const before = unreadable().length
    await sendRaw(one, sender.keys.encrypt(conversation, Buffer.from(words)))
    await eventually(() => unreadable().length > before)
    t.match(unreadable().at(-1), { from: sender.address, why: 'message unreadable' })
    await othersGoOn()
  })

t.test('a message that its own sender replays under another key is not shown again', async (t) => {
  const sender = messaging.device(one)
  const reader = messaging.device(other)
  const key = randomUUID()
  const plaintext = { kind: 'text', key, writtenMicros: 0, text: '' }
  const envelope = sender.keys.encrypt(conversation, Buffer.from(JSON.stringify(plaintext)))
  const before = messaging.society.counts().repeated
  await sendRaw(one, envelope)
  await sendRaw(one, envelope)
  await eventually(() => messaging.society.counts().repeated > before)
  t.equal(messaging.shown(reader, conversation).filter((each) => each === key).length, 1)
  await othersGoOn()
})

t.test('bytes that are no envelope are kept from nobody and opened by nobody', async (t) => {
  const before = unreadable().length
  await sendRaw(one, Buffer.from('no envelope at all'))
  await eventually(() => unreadable().length > before)
  t.match(unreadable().at(-1), { from: messaging.device(one).address })
  await othersGoOn()
})

/** Stands between devices and the first gateway, and may say to devices what no gateway says. */
async function between(): Promise<{
  readonly port: number
  /** Says bytes to whoever is connected; answers the codes by which the connections end. */
  readonly say: (data: Buffer | string) => Promise<number[]>
}> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  t.teardown(() => server.close())
  server.on('connection', (toDevice) => {
    const toGateway = new WebSocket(`ws://127.0.0.1:${gateway?.port}`, { perMessageDeflate: false })
    const opened = once(toGateway, 'open')
    toDevice.on('message', (data: Buffer) => void opened.then(() => toGateway.send(data)))
    toGateway.on('message', (data: Buffer) => toDevice.send(data))
    toDevice.on('close', () => toGateway.terminate())
    toGateway.on('close', () => toDevice.terminate())
  })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async say(data) {
      const ended = [...server.clients].map(async (client): Promise<number> => {
        const closed = once(client, 'close')
        client.send(data)
        const [code] = (await closed) as [number]
        return code
      })
      return Promise.all(ended)
    },
  }
}

const UNREADABLE: readonly (readonly [string, Buffer | string, string])[] = [
  ['a frame without a header', Buffer.from([0, 0, 1]), 'a frame of 3 bytes has no header'],
  ['a header that is no JSON', header('{"type":'), 'the header of a frame is no JSON'],
  ['a header of null', header('null'), 'the header of a frame has no type'],
  ['text where a frame should be', 'hello', 'a frame of 5 bytes has no header'],
]

t.test('what a gateway sends that its device cannot read', async (t) => {
  const middle = await between()
  const reader = messaging.device(other)
  const connectThrough = async (ports: readonly (number | undefined)[]): Promise<void> => {
    await messaging.leave(reader)
    await messaging.own.redis.wave(
      ports.map((port, index) => ['hset', 'gateways', `gateway-${index + 1}`, port ?? 0]),
    )
    await reader.arrive()
  }
  await connectThrough([middle.port, middle.port])
  for (const [what, data, why] of UNREADABLE)
    await t.test(
      `${what} ends its connection with a reason, is told, and the device comes back`,
      async (t) => {
        const told = (): object[] =>
          messaging.lines.filter(({ operation }) => operation === 'frame.unreadable').map(({ keys }) => keys)
        const before = told().length
        t.same(await middle.say(data), [1002])
        await eventually(() => told().length === before + 1)
        t.same(told().at(-1), { device: reader.address, why })
        await othersGoOn()
        t.ok(reader.isOnline)
      },
    )
  await connectThrough(messaging.gateways.map(({ port }) => port))
})

t.test('what a gateway refused is told to the run by why, each once', async (t) => {
  const told: object[] = []
  const rejections = new Map([['malformed', 2]])
  const idle = { rejections, drained: () => Promise.resolve(true), close: () => Promise.resolve() }
  const role = witnessRefusals(idle, 'gateway-1', {
    witness: (operation, keys) => told.push({ operation, ...keys }),
  })
  const line = { operation: 'frames.refused', gateway: 'gateway-1' }
  t.ok(await role.drained())
  t.ok(await role.drained())
  t.same(told, [{ ...line, why: 'malformed', count: 2 }])
  rejections.set('malformed', 3)
  rejections.set('forged sender', 1)
  await role.close()
  t.same(told.slice(1), [
    { ...line, why: 'malformed', count: 1 },
    { ...line, why: 'forged sender', count: 1 },
  ])
})
