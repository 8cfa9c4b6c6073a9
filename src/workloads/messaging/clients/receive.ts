import { createHash } from 'node:crypto'
import type { Delivered, Ephemeral, Pushed } from '../protocol/answers.ts'
import { EncryptionError } from './encryption/encryption.ts'
import type { DeviceKeys } from './encryption/encryption.ts'
import { decodePlaintext } from './plaintext.ts'
import type { Plaintext } from './plaintext.ts'

/** What was taken is told together: at once after so many, and else after a moment. */
const TOGETHER = 50
const TOGETHER_MS = 500

/** A message that a device has decrypted, for the first time. */
export interface Received {
  readonly device: string
  readonly from: string
  readonly conversation: string
  readonly message: string
  readonly part: number
  readonly of: number
  readonly plaintext: Plaintext
  /** Whether the device was connected, without a break, since before the message was written. */
  readonly wasConnected: boolean
}

/** Who is told what a device sees. */
export interface DeviceObserver {
  received(received: Received): void
  /** Something that came could not be decrypted, or is no plaintext. */
  undecryptable(device: string, from: string, conversation: string, why: string): void
  /** A frame came that cannot be read: the device closes its connection and looks for another one. */
  unreadable(device: string, why: string): void
  /** The same again, which was taken before. */
  repeated(): void
  /** A key package of another device was handed out to this one: nobody else may be given it (M-13). */
  claimed(of: string, fingerprint: string): void
  /** A package of this one that several may be given. */
  lastResort(of: string, fingerprint: string): void
  /** Its user's mark has moved on, and the gateway said so. */
  read(device: string, conversation: string, message: bigint): void
  /** What is told once to whoever is there: somebody types, has come or gone, has received or read. */
  told(push: Ephemeral): void
}

/** The receiving half of a device. */
export interface Receiver {
  /** @param taken tells the gateway how far it has come */
  take(push: Pushed, body: Buffer, taken: (position: number) => void): void
  connected(): void
  disconnected(): void
  /** Positions count within an epoch: in another one they begin anew. */
  inEpoch(epoch: string): void
  /** Tells at once what was taken. */
  settle(): void
}

function nowMicros(): number {
  return Number(process.hrtime.bigint()) / 1e3
}

/**
 * Takes what comes in the order in which it comes. What was sent twice is known by its position, and what was put into
 * the queue twice by what its sender named it, or a wrapped key by what it is: a device shows a message once.
 */
export function newReceiver(
  address: string,
  keys: DeviceKeys,
  observer: DeviceObserver & { sessionMade(): void },
): Receiver {
  const seen = new Set<string>()
  let known = ''
  let last = 0
  let told = 0
  let connectedAt = Infinity
  let timer: NodeJS.Timeout | undefined
  let tell: (position: number) => void = () => undefined

  function settle(): void {
    clearTimeout(timer)
    timer = undefined
    if (last === told) return
    told = last
    tell(last)
  }

  function open(push: Delivered, body: Buffer): void {
    const { conversation, from } = push
    try {
      if (push.type === 'key') {
        const name = `key ${createHash('sha256').update(body).digest('base64url')}`
        if (seen.has(name)) return observer.repeated()
        const sender = { address: from, identity: Buffer.from(push.identity, 'base64') }
        const { began } = keys.accept(conversation, sender, body)
        seen.add(name)
        if (began) observer.sessionMade()
        return
      }
      const plaintext = decodePlaintext(keys.decrypt(conversation, from, body))
      if (plaintext === undefined)
        return observer.undecryptable(address, from, conversation, 'message unreadable')
      const name = `${from} ${plaintext.key}`
      if (seen.has(name)) return observer.repeated()
      seen.add(name)
      const { message, part, of } = push
      const wasConnected = connectedAt < plaintext.writtenMicros
      observer.received({ device: address, from, conversation, message, part, of, plaintext, wasConnected })
    } catch (error) {
      if (!(error instanceof EncryptionError)) throw error
      // What comes again with the same ciphertext was opened before.
      if (error.reason === 'replayed') observer.repeated()
      else observer.undecryptable(address, from, conversation, `${push.type} ${error.reason}`)
    }
  }

  return {
    take(push, body, taken) {
      if (push.type === 'drained') return
      if (push.type !== 'message' && push.type !== 'key') return observer.told(push)
      tell = taken
      if (push.position <= last) {
        observer.repeated()
        // The server does not know yet that it was taken.
        told = 0
      } else {
        open(push, body)
        last = push.position
      }
      if (last - told >= TOGETHER) settle()
      else timer ??= setTimeout(settle, TOGETHER_MS)
    },
    connected() {
      connectedAt = nowMicros()
      told = 0
    },
    inEpoch(epoch) {
      if (epoch === known) return
      known = epoch
      last = 0
      told = 0
    },
    disconnected() {
      connectedAt = Infinity
      clearTimeout(timer)
      timer = undefined
    },
    settle,
  }
}
