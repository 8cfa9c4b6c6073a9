import { z } from 'zod'
import { EncryptionError } from '../encryption.ts'
import type { DeviceKeys } from '../encryption.ts'
import { publicIdentity, signPackage } from './identity.ts'
import { REST_KEY, toText } from './library.ts'
import type { OlmLibrary } from './library.ts'
import { peersOf } from './peers.ts'
import type { Peers } from './peers.ts'
import { receivingKeys } from './receiving.ts'
import type { ReceivingKeys } from './receiving.ts'
import { sendingKeys } from './sending.ts'
import type { SendingKeys } from './sending.ts'

/**
 * A device on libolm 3.2.15: Olm (triple Diffie-Hellman, double ratchet) between two devices, Megolm (a hash ratchet,
 * each message signed) for a conversation's messages.
 */
export function newDevice(olm: OlmLibrary): DeviceKeys {
  const account = new olm.Account()
  account.create()
  return deviceOf(olm, {
    account,
    peers: (open) => peersOf(olm, open),
    sending: sendingKeys(olm),
    receiving: receivingKeys(olm),
  })
}

/** What a device begins with. */
interface DeviceState {
  readonly account: InstanceType<OlmLibrary['Account']>
  readonly peers: (account: () => DeviceState['account']) => Peers
  readonly sending: SendingKeys
  readonly receiving: ReceivingKeys
}

function deviceOf(olm: OlmLibrary, state: DeviceState): DeviceKeys {
  const { account: opened, sending, receiving } = state
  let closed = false
  /** The library does not notice that it is asked for memory that was freed. */
  const account = (): typeof opened => {
    if (closed) {
      throw new Error('the device is closed')
    }
    return opened
  }
  const identity = publicIdentity(opened)
  const ownIdentity = toText(identity)
  const peers = state.peers(account)
  const most = opened.max_number_of_one_time_keys()

  /** Signs what the library has made and counts it as handed out. */
  const published = (keys: string): readonly Uint8Array[] => {
    const { curve25519 } = JSON.parse(keys) as { curve25519: Record<string, string> }
    const packages = Object.values(curve25519).map((key) => signPackage(account(), key))
    account().mark_keys_as_published()
    return packages
  }

  return {
    identity,
    newPackages(count) {
      if (!Number.isInteger(count) || count < 1 || count > most) {
        throw new RangeError(`1 to ${most} packages at once, not ${count}`)
      }
      account().generate_one_time_keys(count)
      return published(account().one_time_keys())
    },
    lastResort() {
      account().generate_fallback_key()
      const [signed] = published(account().unpublished_fallback_key())
      if (signed === undefined) {
        throw new Error('the library made no fallback key')
      }
      return signed
    },
    needsPackage: (address) => !peers.known(address),
    needsKey: (conversation, members) => sending.missing(conversation, members),
    share(conversation, recipients) {
      account()
      const key = sending.exported(conversation)
      return recipients.map((recipient) => {
        const grant: Grant = { conversation, from: ownIdentity, to: toText(recipient.identity), key }
        const wrapped = peers.wrap(recipient, JSON.stringify(grant))
        sending.given(conversation, recipient.address)
        return { address: recipient.address, wrapped }
      })
    },
    accept(conversation, from, wrapped) {
      const { text, began } = peers.unwrap(from, wrapped)
      const grant = readGrant(text)
      const right =
        grant.conversation === conversation &&
        grant.from === toText(from.identity) &&
        grant.to === ownIdentity
      if (!right) {
        throw new EncryptionError('forged', 'a wrapped key is for another conversation or device')
      }
      receiving.take(conversation, from.address, grant.key)
      return { began }
    },
    encrypt: (conversation, plaintext) => sending.encrypt(conversation, plaintext),
    decrypt: (conversation, from, envelope) => receiving.decrypt(conversation, from, envelope),
    rotate: (conversation) => sending.forget(conversation),
    copy() {
      const copied = new olm.Account()
      copied.unpickle(REST_KEY, account().pickle(REST_KEY))
      return deviceOf(olm, {
        account: copied,
        peers: (open) => peers.copy(open),
        sending: sending.copy(),
        receiving: receiving.copy(),
      })
    },
    close() {
      if (!closed) {
        closed = true
        sending.close()
        receiving.close()
        opened.free()
      }
    },
  }
}

/** What is wrapped: a sending key, bound to its conversation and to both devices, so that it is good nowhere else. */
const grantSchema = z.object({ conversation: z.string(), from: z.string(), to: z.string(), key: z.string() })

type Grant = z.infer<typeof grantSchema>

/** @throws EncryptionError forged: its sender may wrap anything */
function readGrant(text: string): Grant {
  const parsed = grantSchema.safeParse(parse(text))
  if (!parsed.success) {
    throw new EncryptionError('forged', 'it wraps no key', parsed.error)
  }
  return parsed.data
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
