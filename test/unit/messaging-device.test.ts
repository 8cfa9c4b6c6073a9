// A device at a gateway that says what the test wants it to.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocketServer } from 'ws'
import { newDevice } from '../../src/workloads/messaging/clients/device.ts'
import type { Device } from '../../src/workloads/messaging/clients/device.ts'
import type { DeviceKeys } from '../../src/workloads/messaging/clients/encryption/encryption.ts'
import { openEncryption } from '../../src/workloads/messaging/clients/encryption/open.ts'
import { decodeFrame, encodeFrame } from '../../src/workloads/messaging/protocol/frame.ts'

const ANSWERS: Readonly<Record<string, unknown>> = {
  register: { token: 'token' },
  hello: { epoch: 'first' },
  packages: null,
}

/**
 * A gateway that sends the same to whoever says hello, and then that this was all.
 * @param asked is told the type of each request, which is answered once what it gives back has resolved; where that
 * fails the connection breaks
 */
async function gatewayThatSends(
  frames: readonly Buffer[],
  asked: (type: string) => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  server.on('connection', (socket) => {
    socket.binaryType = 'nodebuffer'
    const answer = (type: string, request: number | undefined): void => {
      if (request !== undefined) socket.send(encodeFrame({ type: 'done', request, value: ANSWERS[type] }))
      if (type !== 'hello') return
      for (const frame of frames) socket.send(frame)
      socket.send(encodeFrame({ type: 'drained' }))
    }
    socket.on('message', (data: Buffer) => {
      const { type, request } = decodeFrame(data).header as { type: string; request?: number }
      asked(type).then(
        () => answer(type, request),
        () => socket.terminate(),
      )
    })
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A device of one gateway. @param seen is told what it could not take, or took before */
function deviceAt(port: number, keys: DeviceKeys, seen: string[]): Device {
  const ignored = (): void => undefined
  return newDevice({
    device: { user: 2n, device: 1 },
    keys,
    gateways: () => Promise.resolve([port]),
    observer: {
      received: ignored,
      undecryptable: (_device, _from, _conversation, why) => seen.push(`undecryptable: ${why}`),
      unreadable: (_device, why) => seen.push(`unreadable: ${why}`),
      repeated: () => seen.push('repeated'),
      claimed: ignored,
      lastResort: ignored,
      read: ignored,
      told: ignored,
    },
    number: 0,
  })
}

/** A device's keys, and a key that another device has wrapped for it, as a gateway pushes it at a position. */
async function givenKey(): Promise<{
  readonly keys: DeviceKeys
  readonly push: (position: number) => Buffer
}> {
  const encryption = await openEncryption()
  const [keys, sender] = [encryption.newDevice(), encryption.newDevice()]
  t.teardown(() => sender.close())
  const conversation = 'conversation'
  const [made] = keys.newPackages(1)
  const [given] = sender.share(conversation, [{ address: '2:1', identity: keys.identity, package: made }])
  const identity = Buffer.from(sender.identity).toString('base64')
  return {
    keys,
    push: (position) =>
      encodeFrame(
        { type: 'key', position, conversation, from: '1:1', identity },
        Buffer.from(given?.wrapped ?? []),
      ),
  }
}

t.test(
  'a key that a device is sent while it registers, and again when it arrives, is opened once',
  async (t) => {
    const { keys, push } = await givenKey()
    const port = await gatewayThatSends([push(1)])
    const seen: string[] = []
    const device = deviceAt(port, keys, seen)
    await device.register()
    await device.arrive()
    device.close()
    t.same(seen, ['repeated'])
  },
)

t.test('a device asks nothing before its gateway has said yes to hello: it would be refused', async (t) => {
  const asked: string[] = []
  const [heard, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const port = await gatewayThatSends([], async (type) => {
    asked.push(type)
    if (type !== 'hello') return
    heard.resolve()
    await answer.promise
  })
  const device = deviceAt(port, (await openEncryption()).newDevice(), [])
  const arriving = device.arrive()
  await heard.promise
  t.notOk(device.isOnline)
  await t.rejects(device.ask('packages'), { message: 'the device is not connected' })
  device.tell({ type: 'typing', conversation: 'conversation' })
  answer.resolve()
  await arriving
  t.ok(device.isOnline)
  await device.ask('packages')
  device.close()
  t.same(asked, ['hello', 'packages'])
})

t.test(
  'a wrapped key that was put into the queue twice is opened once, and the second one is no forgery',
  async (t) => {
    const { keys, push } = await givenKey()
    const seen: string[] = []
    const device = deviceAt(await gatewayThatSends([push(1), push(2)]), keys, seen)
    await device.arrive()
    device.close()
    t.same(seen, ['repeated'])
  },
)

t.test('a device that could not register is not connected, and comes when it tries again', async (t) => {
  let isRefused = true
  const port = await gatewayThatSends([], async (type) => {
    if (type === 'hello' && isRefused) {
      isRefused = false
      throw new Error('the connection breaks')
    }
  })
  const device = deviceAt(port, (await openEncryption()).newDevice(), [])
  await t.rejects(device.register(), { message: 'the connection to the gateway was lost' })
  t.notOk(device.isOnline)
  await device.arrive()
  t.ok(device.isOnline)
  device.close()
})
