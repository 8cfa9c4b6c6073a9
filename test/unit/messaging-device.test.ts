// A device at a gateway that says what the test wants it to.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocketServer } from 'ws'
import { newDevice } from '../../src/workloads/messaging/clients/device.ts'
import { openEncryption } from '../../src/workloads/messaging/clients/encryption/open.ts'
import { decodeFrame, encodeFrame } from '../../src/workloads/messaging/protocol/frame.ts'

const ANSWERS: Readonly<Record<string, unknown>> = {
  register: { token: 'token' },
  hello: { epoch: 'first' },
  packages: null,
}

/** A gateway that sends the same to whoever says hello, and then that this was all. */
async function gatewayThatSends(frame: Buffer): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  server.on('connection', (socket) => {
    socket.binaryType = 'nodebuffer'
    socket.on('message', (data: Buffer) => {
      const { type, request } = decodeFrame(data).header as { type: string; request?: number }
      if (request !== undefined) socket.send(encodeFrame({ type: 'done', request, value: ANSWERS[type] }))
      if (type !== 'hello') return
      socket.send(frame)
      socket.send(encodeFrame({ type: 'drained' }))
    })
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

t.test(
  'a key that a device is sent while it registers, and again when it arrives, is opened once',
  async (t) => {
    const encryption = await openEncryption()
    const [keys, sender] = [encryption.newDevice(), encryption.newDevice()]
    const [made] = keys.newPackages(1)
    const [given] = sender.share('conversation', [{ address: '2:1', identity: keys.identity, package: made }])
    const header = {
      type: 'key',
      position: 1,
      conversation: 'conversation',
      from: '1:1',
      identity: Buffer.from(sender.identity).toString('base64'),
    }
    const port = await gatewayThatSends(encodeFrame(header, Buffer.from(given?.wrapped ?? [])))
    const seen: string[] = []
    const ignored = (): void => undefined
    const device = newDevice({
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
    await device.register()
    await device.arrive()
    device.close()
    sender.close()
    t.same(seen, ['repeated'])
  },
)
