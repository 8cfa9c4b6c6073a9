import { once } from 'node:events'
import { WebSocket } from 'ws'
import { countRoundTrip } from '../../../core/cost.ts'
import { OperationFailure, Refusal } from '../../../core/errors.ts'
import type { RunningApplication } from '../../../core/workload.ts'
import type { MessagingApplication } from '../application.ts'
import { decodeFrame, encodeFrame } from '../protocol/frame.ts'
import type { MessagingStores } from '../stores.ts'
import { CLIENTS } from './control.ts'
import type { CommandAnswer, CommandFrame, CommandReply } from './control.ts'

/** What people do at a time (law 2): more would wait for each other, and arrivals beyond wait where their waiting counts. */
const SLOTS = 256

async function connect({ redis }: MessagingStores): Promise<WebSocket> {
  const [port, secret] = await redis.wave([
    ['hget', CLIENTS, 'port'],
    ['hget', CLIENTS, 'secret'],
  ])
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`, {
    perMessageDeflate: false,
    headers: { authorization: String(secret) },
  })
  socket.binaryType = 'nodebuffer'
  try {
    await once(socket, 'open')
  } catch (error) {
    throw new OperationFailure('unavailable', 'the process of the devices does not answer', error)
  }
  return socket
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** The load's side: people who make devices do things, which are in a process of their own. */
export async function openClients(stores: MessagingStores): Promise<RunningApplication> {
  const socket = await connect(stores)
  const waiting = new Map<number, Waiting>()
  /** Pages of history that a read under way answered, and all of them. */
  let shared = 0
  let pages = 0
  let last = 0
  socket.on('error', () => undefined)
  socket.on('close', () => {
    for (const each of waiting.values())
      each.reject(new OperationFailure('unavailable', 'the process of the devices has ended'))
    waiting.clear()
  })
  socket.on('message', (data: Buffer) => {
    const reply = decodeFrame(data).header as CommandReply
    const asked = waiting.get(reply.request)
    waiting.delete(reply.request)
    if (asked === undefined) return
    if (reply.type === 'done') asked.resolve(reply.value)
    else if (reply.type === 'refused') asked.reject(new Refusal(reply.reason))
    else asked.reject(new OperationFailure(reply.kind, reply.message))
  })

  function countPage(page: unknown): void {
    const { isShared } = page as CommandAnswer<'history.page'>
    if (isShared === undefined) return
    pages += 1
    if (isShared) shared += 1
  }

  const application: MessagingApplication = {
    command(name, ask, { deadlineAt, cost }) {
      if (socket.readyState !== socket.OPEN)
        return Promise.reject(new OperationFailure('unavailable', 'the process of the devices has ended'))
      last += 1
      const frame: CommandFrame = { request: last, name, ask, withinMs: deadlineAt - performance.now() }
      const answered = Promise.withResolvers<unknown>()
      waiting.set(frame.request, answered)
      socket.send(encodeFrame(frame))
      countRoundTrip(cost, 'devices', 1, 0, 0)
      if (name === 'history.page') answered.promise.then(countPage, () => undefined)
      return answered.promise as never
    },
  }
  return {
    application,
    slots: SLOTS,
    ratios: () => (pages === 0 ? {} : { 'history shared': [shared, pages] }),
    close() {
      socket.close()
      return Promise.resolve()
    },
  }
}
