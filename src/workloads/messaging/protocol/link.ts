import { once } from 'node:events'
import { WebSocket } from 'ws'
import { OperationFailure, Refusal } from '../../../core/errors.ts'
import type { Answer, Answers, Pushed } from './answers.ts'
import { decodeFrame, encodeFrame, FrameError } from './frame.ts'

/** What a gateway may send at most: the devices of a group of 10,000. */
const LARGEST_ANSWER = 16 * 2 ** 20
const CONNECT_MS = 5_000
/** WebSocket's word for it (RFC 6455, 7.4.1). */
const PROTOCOL_ERROR = 1002

/** A socket to a gateway, and the questions that are open on it. */
export interface Link {
  /** @throws Refusal where the gateway says no; OperationFailure where it could not, or the socket closed */
  ask<Type extends keyof Answers>(
    type: Type,
    header: object,
    body?: Uint8Array,
    /** Handed the answer before anything that came behind it is. */
    onAnswer?: (answer: Answers[Type]) => void,
  ): Promise<Answers[Type]>
  /** Something that is not answered. */
  tell(header: object): void
  close(): void
}

/** Who is told what comes in without having been asked for. */
export interface LinkObserver {
  pushed(push: Pushed, body: Buffer): void
  /** Something came that cannot be read: nothing behind it is taken, and the socket closes. */
  unreadable(why: string): void
  closed(): void
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

function settle(waiting: Waiting, answer: Answer): void {
  if (answer.type === 'done') waiting.resolve(answer.value)
  else if (answer.type === 'refused') waiting.reject(new Refusal(answer.reason))
  else waiting.reject(new OperationFailure(answer.kind, answer.message))
}

/** What a gateway says, with its body. @throws FrameError */
function read(data: Buffer): { readonly message: Answer | Pushed; readonly body: Buffer } {
  const { header, body } = decodeFrame(data)
  const type = typeof header === 'object' && header !== null && 'type' in header ? header.type : undefined
  if (typeof type !== 'string') throw new FrameError('the header of a frame has no type')
  return { message: header as Answer | Pushed, body }
}

/**
 * Connects to a gateway of this machine. @param secret of gateways, by which it knows one: devices have none
 * @throws OperationFailure `unavailable`
 */
export async function openLink(port: number, observer: LinkObserver, secret?: string): Promise<Link> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, {
    ...(secret === undefined ? {} : { headers: { authorization: secret } }),
    perMessageDeflate: false,
    maxPayload: LARGEST_ANSWER,
    handshakeTimeout: CONNECT_MS,
  })
  socket.binaryType = 'nodebuffer'
  try {
    await once(socket, 'open')
  } catch (error) {
    throw new OperationFailure('unavailable', `no gateway answers on port ${port}`, error)
  }
  const waiting = new Map<number, Waiting>()
  let last = 0
  // Its end is told by `close`, whatever the error.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    for (const each of waiting.values())
      each.reject(new OperationFailure('unavailable', 'the connection to the gateway was lost'))
    waiting.clear()
    observer.closed()
  })
  const take = (data: Buffer): void => {
    const { message, body } = read(data)
    if (message.type !== 'done' && message.type !== 'refused' && message.type !== 'failed')
      return observer.pushed(message, body)
    const asked = waiting.get(message.request)
    waiting.delete(message.request)
    if (asked !== undefined) settle(asked, message)
  }
  let isBroken = false
  socket.on('message', (data: Buffer) => {
    if (isBroken) return
    try {
      take(data)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      // It may have been a message: to take one behind it would be to say that this one was taken.
      isBroken = true
      observer.unreadable(error.message)
      socket.close(PROTOCOL_ERROR, error.message)
    }
  })
  return {
    ask<Type extends keyof Answers>(
      type: Type,
      header: object,
      body?: Uint8Array,
      onAnswer?: (answer: Answers[Type]) => void,
    ): Promise<Answers[Type]> {
      if (socket.readyState !== socket.OPEN)
        return Promise.reject(new OperationFailure('unavailable', 'there is no connection to a gateway'))
      last += 1
      const request = last
      const { promise, resolve, reject } = Promise.withResolvers<Answers[Type]>()
      waiting.set(request, {
        resolve(value) {
          onAnswer?.(value as Answers[Type])
          resolve(value as Answers[Type])
        },
        reject,
      })
      socket.send(encodeFrame({ ...header, type, request }, body))
      return promise
    },
    tell(header) {
      if (socket.readyState === socket.OPEN) socket.send(encodeFrame(header))
    },
    close: () => socket.terminate(),
  }
}
