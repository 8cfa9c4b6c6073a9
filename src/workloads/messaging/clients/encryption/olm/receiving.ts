import { EncryptionError } from '../encryption.ts'
import { unpad } from '../padding.ts'
import { nothingOpened, noteOpened } from '../replays.ts'
import type { Opened } from '../replays.ts'
import { keyId, readEnvelope } from './envelope.ts'
import { REST_KEY, toBytes, toText } from './library.ts'
import type { OlmLibrary } from './library.ts'

/**
 * Keys of one sender in one conversation that are kept: the newest, and some before it, for messages that were
 * overtaken by a new key on their way. What is older than that is no longer opened.
 */
const KEYS_KEPT = 4

interface ReceivingKey {
  readonly id: string
  readonly session: InstanceType<OlmLibrary['InboundGroupSession']>
  readonly opened: Opened
}

/** The keys that a device reads with: one and its predecessors for each sender in each conversation. */
export interface ReceivingKeys {
  /** @throws EncryptionError forged: it is no key */
  take(conversation: string, from: string, key: string): void
  decrypt(conversation: string, from: string, envelope: Uint8Array): Uint8Array
  copy(): ReceivingKeys
  close(): void
}

function copyOf(olm: OlmLibrary, { id, session, opened: { floor, beyond } }: ReceivingKey): ReceivingKey {
  const copied = new olm.InboundGroupSession()
  copied.unpickle(REST_KEY, session.pickle(REST_KEY))
  return {
    id,
    session: copied,
    opened: { floor, beyond: beyond === undefined ? undefined : new Set(beyond) },
  }
}

/** @param begun keys that there are already; they are copied */
export function receivingKeys(
  olm: OlmLibrary,
  begun: ReadonlyMap<string, readonly ReceivingKey[]> = new Map(),
): ReceivingKeys {
  const keys = new Map([...begun].map(([at, kept]) => [at, kept.map((key) => copyOf(olm, key))]))
  const place = (conversation: string, from: string): string =>
    `${conversation.length} ${conversation} ${from}`

  return {
    take(conversation, from, exported) {
      const session = importKey(olm, exported)
      const id = toText(keyId(session.session_id()))
      const at = place(conversation, from)
      const kept = keys.get(at) ?? []
      if (kept.some((key) => key.id === id)) {
        // Given again, from a later message on: the one that is there opens more.
        session.free()
        return
      }
      const [next, ...older] = [{ id, session, opened: nothingOpened(session.first_known_index()) }, ...kept]
      older.splice(KEYS_KEPT - 1).forEach((key) => key.session.free())
      // Spread, for an array that is pushed to has room for 16 more, and there are thousands of these.
      keys.set(at, [next, ...older])
    },
    decrypt(conversation, from, envelope) {
      const { keyId, message } = readEnvelope(envelope)
      const key = keys.get(place(conversation, from))?.find(({ id }) => id === keyId)
      if (key === undefined) {
        throw new EncryptionError('unknown-key', `no key of ${from} for this message`)
      }
      const { plaintext, message_index: index } = open(key, message)
      const bytes = unpad(toBytes(plaintext))
      // The library opens a message as often as it is asked.
      if (!noteOpened(key.opened, index)) {
        throw new EncryptionError('replayed', `message ${index} of ${from} was opened before`)
      }
      return bytes
    },
    copy: () => receivingKeys(olm, keys),
    close() {
      for (const { session } of [...keys.values()].flat()) {
        session.free()
      }
      keys.clear()
    },
  }
}

function importKey(olm: OlmLibrary, key: string): ReceivingKey['session'] {
  const session = new olm.InboundGroupSession()
  try {
    session.create(key)
    return session
  } catch (error) {
    session.free()
    throw new EncryptionError('forged', 'it is no key', error)
  }
}

function open(key: ReceivingKey, message: string): ReturnType<ReceivingKey['session']['decrypt']> {
  try {
    return key.session.decrypt(message)
  } catch (error) {
    if (error instanceof Error && error.message.includes('UNKNOWN_MESSAGE_INDEX')) {
      throw new EncryptionError('unknown-key', 'it was written before this device was given its key', error)
    }
    throw new EncryptionError('forged', 'a message was changed on its way', error)
  }
}
