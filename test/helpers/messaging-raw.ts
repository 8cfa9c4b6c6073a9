// Devices that take what they are sent only when a test says so, and whose envelopes are plain words.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { openLink } from '../../src/workloads/messaging/protocol/link.ts'
import type { Link } from '../../src/workloads/messaging/protocol/link.ts'
import { NAMES } from '../../src/workloads/messaging/fixed/gateway/names.ts'
import type { MessagingStores } from '../../src/workloads/messaging/stores.ts'
import type { Answers } from '../../src/workloads/messaging/protocol/answers.ts'

const INSERT_USER = {
  text: 'INSERT INTO users (user_id, registered_at, first_device) VALUES (?, ?, 1)',
  idempotent: true,
}
const INSERT_DEVICE = {
  text: 'INSERT INTO devices (user_id, device_id, identity_key, last_resort, token_hash, registered_at) VALUES (?, ?, ?, ?, ?, ?)',
  idempotent: true,
}

/** A device of a user who has no other. */
export interface RawDevice {
  readonly user: string
  readonly address: string
  /** What came since it was connected last, in that order. */
  readonly came: readonly { readonly position: number; readonly text: string }[]
  /** The same, as words. */
  texts(): string[]
  /** Whether all that waited has come. */
  isDrained(): boolean
  isConnected(): boolean
  /** Connects to a gateway. */
  connect(port: number): Promise<void>
  /** Takes what has come so far. */
  take(): void
  leave(): void
  ask: Link['ask']
  /** Says words, by a key of its own or one that is given, which it may have used before. */
  say(
    conversation: string,
    text: string,
    by?: { readonly key: string; readonly isAgain?: boolean },
  ): Promise<Extract<Answers['send'], { message: string }>>
}

/** A device that is registered and was never connected. */
export async function newRawDevice({ cassandra, redis }: MessagingStores, user: bigint): Promise<RawDevice> {
  const token = randomBytes(8).toString('hex')
  const hash = createHash('sha256').update(token).digest()
  const bytes = randomBytes(32)
  await cassandra.query(INSERT_USER, [user, new Date(0)])
  await cassandra.query(INSERT_DEVICE, [user, 1, bytes, bytes, hash, new Date(0)])
  const address = `${user}:1`
  await redis.wave([['set', NAMES.built(address), 1]])
  let link: Link | undefined
  let came: { position: number; text: string }[] = []
  let isDrained = false
  const there = (): Link => {
    if (link === undefined) throw new Error(`${address} is not connected`)
    return link
  }

  return {
    user: String(user),
    address,
    get came() {
      return came
    },
    texts: () => came.map(({ text }) => text),
    isDrained: () => isDrained,
    isConnected: () => link !== undefined,
    async connect(port) {
      came = []
      isDrained = false
      const seen = came
      const made: Link = await openLink(port, {
        pushed(push, body) {
          if (push.type === 'drained') isDrained = true
          else if (push.type === 'message' || push.type === 'key')
            seen.push({ position: push.position, text: body.toString() })
        },
        unreadable: () => undefined,
        closed() {
          if (link === made) link = undefined
        },
      })
      link = made
      await made.ask('hello', { user: String(user), device: 1, token })
    },
    take: () => there().tell({ type: 'taken', position: came.at(-1)?.position ?? 0 }),
    leave() {
      link?.close()
      link = undefined
    },
    ask: (...asked) => there().ask(...asked),
    async say(conversation, text, { key, isAgain: again = false } = { key: randomUUID() }) {
      for (;;) {
        const { state } = await there().ask('devices', { conversation })
        const send = { conversation, state, key, again }
        const answer = await there().ask('send', send, Buffer.from(text))
        if (!('stale' in answer)) return answer
      }
    },
  }
}
