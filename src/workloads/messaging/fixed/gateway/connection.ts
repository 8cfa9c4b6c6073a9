import type { WebSocket } from 'ws'
import { OperationFailure } from '../../../../core/errors.ts'
import { decodeFrame, encodeFrame, FrameError } from '../../protocol/frame.ts'
import type { Answer, Answers } from '../../protocol/answers.ts'
import { reasonOf, requestSchema } from '../../protocol/requests.ts'
import type { Request, RequestOf } from '../../protocol/requests.ts'
import { authenticate, registerDevice } from './accounts.ts'
import { answer } from './answer.ts'
import type { Gateway, Session } from './gateway.ts'
import { arrive, leave } from './presence.ts'
import { Refused } from './refused.ts'

/** What came in that was not as it should be, by why. */
export type Rejections = Map<string, number>

interface Connection {
  readonly gateway: Gateway
  readonly socket: WebSocket
  readonly rejections: Rejections
  session: Session | undefined
}

function reply(socket: WebSocket, message: Answer): void {
  if (socket.readyState === socket.OPEN) socket.send(encodeFrame(message))
}

/** Counts one more. */
export function countRejection(rejections: Rejections, why: string): void {
  rejections.set(why, (rejections.get(why) ?? 0) + 1)
}

function reject({ rejections }: Connection, why: string): void {
  countRejection(rejections, why)
}

/** Nobody is here whose socket has closed meanwhile: its end has been told already. @throws OperationFailure */
function requireOpen(socket: WebSocket): void {
  if (socket.readyState !== socket.OPEN) throw new OperationFailure('unavailable', 'the device has gone')
}

async function hello(connection: Connection, ask: RequestOf<'hello'>): Promise<Answers['hello']> {
  const { gateway, socket } = connection
  const device = { user: BigInt(ask.user), device: ask.device }
  const identity = await authenticate(gateway, device, ask.token)
  requireOpen(socket)
  const session = await arrive(gateway, socket, device, identity)
  if (socket.readyState !== socket.OPEN) leave(gateway, session)
  requireOpen(socket)
  connection.session = session
  gateway.comings.changed(gateway, session)
  return { epoch: session.epoch }
}

function handle(connection: Connection, ask: Request, body: Buffer): Promise<unknown> {
  const { gateway, session } = connection
  if (ask.type === 'register') return registerDevice(gateway, ask, body)
  if (ask.type === 'hello') {
    if (session !== undefined) throw new Refused('malformed')
    return hello(connection, ask)
  }
  if (session === undefined || session.isGone) throw new Refused('unknown device')
  return answer(gateway, session, ask, body)
}

async function respond(connection: Connection, ask: Request, body: Buffer): Promise<void> {
  const request = 'request' in ask ? ask.request : undefined
  const { socket } = connection
  try {
    const value = await handle(connection, ask, body)
    if (request !== undefined) reply(socket, { type: 'done', request, value })
  } catch (error) {
    if (error instanceof Refused) {
      reject(connection, error.reason)
      if (request !== undefined) reply(socket, { type: 'refused', request, reason: error.reason })
    } else if (error instanceof OperationFailure) {
      if (request !== undefined)
        reply(socket, { type: 'failed', request, kind: error.kind, message: error.message })
    } else {
      console.error(error)
      reject(connection, 'a mistake of ours')
      socket.close(1011, 'a mistake of ours')
    }
  }
}

/** Reads what came in, or tells why it cannot be: the connection stays. */
function read(
  connection: Connection,
  data: Buffer,
): { readonly ask: Request; readonly body: Buffer } | undefined {
  try {
    const { header, body } = decodeFrame(data)
    const parsed = requestSchema.safeParse(header)
    if (parsed.success) return { ask: parsed.data, body }
    const reason = reasonOf(parsed.error)
    const request = (header as { readonly request?: unknown } | null)?.request
    if (typeof request === 'number') reply(connection.socket, { type: 'refused', request, reason })
    reject(connection, reason)
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    reject(connection, 'malformed')
  }
  return undefined
}

/**
 * Serves one socket until it closes. What a device asks is answered in any order; what it sends is taken in the order in
 * which it came.
 */
export function serveConnection(gateway: Gateway, socket: WebSocket, rejections: Rejections): void {
  const connection: Connection = { gateway, socket, rejections, session: undefined }
  socket.binaryType = 'nodebuffer'
  socket.on('message', (data, isBinary) => {
    if (!isBinary || !Buffer.isBuffer(data)) return reject(connection, 'malformed')
    const found = read(connection, data)
    if (found !== undefined) void respond(connection, found.ask, found.body)
  })
  // What is too large, or no frame of a WebSocket, closes its own connection.
  socket.on('error', () => reject(connection, 'no frame'))
  socket.on('close', () => {
    const { session } = connection
    if (session === undefined) return
    leave(gateway, session)
    gateway.comings.changed(gateway, session)
  })
}
