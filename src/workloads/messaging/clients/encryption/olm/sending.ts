import { EncryptionError } from '../encryption.ts'
import { pad } from '../padding.ts'
import { ENVELOPE_VERSION, keyId } from './envelope.ts'
import { REST_KEY, toBytes, toText } from './library.ts'
import type { OlmLibrary } from './library.ts'

/**
 * Who steals a reader's key reads what was written with it, so a key writes few messages; each costs a wrapped key a
 * device of the conversation, so not too few. Matrix's default is 100; one in 1,000 keeps that work below a tenth of a
 * message's own in groups of 100.
 */
export const MESSAGES_PER_KEY = 1_000

interface SendingKey {
  readonly session: InstanceType<OlmLibrary['OutboundGroupSession']>
  readonly id: Uint8Array
  readonly holders: Set<string>
}

/** The keys that a device writes with, one a conversation. */
export interface SendingKeys {
  missing(conversation: string, members: ReadonlySet<string>): readonly string[]
  /** The key as it is given away: good from the next message on. Makes it where there is none. */
  exported(conversation: string): string
  given(conversation: string, address: string): void
  encrypt(conversation: string, plaintext: Uint8Array): Uint8Array
  forget(conversation: string): void
  copy(): SendingKeys
  close(): void
}

function copyOf(olm: OlmLibrary, { session, id, holders }: SendingKey): SendingKey {
  const copied = new olm.OutboundGroupSession()
  copied.unpickle(REST_KEY, session.pickle(REST_KEY))
  return { session: copied, id, holders: new Set(holders) }
}

/** @param begun keys that there are already; they are copied */
export function sendingKeys(
  olm: OlmLibrary,
  begun: ReadonlyMap<string, SendingKey> = new Map(),
): SendingKeys {
  const keys = new Map([...begun].map(([conversation, key]) => [conversation, copyOf(olm, key)]))

  const forget = (conversation: string): void => {
    keys.get(conversation)?.session.free()
    keys.delete(conversation)
  }

  const usable = (conversation: string): SendingKey | undefined => {
    const key = keys.get(conversation)
    if (key !== undefined && key.session.message_index() >= MESSAGES_PER_KEY) {
      forget(conversation)
      return undefined
    }
    return key
  }

  const create = (conversation: string): SendingKey => {
    const session = new olm.OutboundGroupSession()
    session.create()
    const key = { session, id: keyId(session.session_id()), holders: new Set<string>() }
    keys.set(conversation, key)
    return key
  }

  return {
    missing(conversation, members) {
      const key = usable(conversation)
      if (key === undefined) {
        return [...members]
      }
      if ([...key.holders].some((holder) => !members.has(holder))) {
        forget(conversation)
        return [...members]
      }
      return key.holders.size === members.size
        ? []
        : [...members].filter((member) => !key.holders.has(member))
    },
    exported: (conversation) => (usable(conversation) ?? create(conversation)).session.session_key(),
    given: (conversation, address) => void keys.get(conversation)?.holders.add(address),
    encrypt(conversation, plaintext) {
      const key = usable(conversation)
      if (key === undefined) {
        throw new EncryptionError('no-key', `no key of this device's own in conversation ${conversation}`)
      }
      const message = key.session.encrypt(toText(pad(plaintext)))
      return Buffer.concat([ENVELOPE_VERSION, key.id, toBytes(message)])
    },
    forget,
    copy: () => sendingKeys(olm, keys),
    close: () => [...keys.keys()].forEach(forget),
  }
}
