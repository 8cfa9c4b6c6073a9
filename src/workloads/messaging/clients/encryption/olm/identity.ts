import { EncryptionError } from '../encryption.ts'
import { toBytes, toText } from './library.ts'
import type { OlmLibrary } from './library.ts'

/** Bytes of a public key, Curve25519 and Ed25519 alike. */
const KEY = 32
const SIGNATURE = 64
/** Says what a signature is for, so that none can be used elsewhere. */
const LABEL = 'arch.messaging.one-time-key:'

type Account = InstanceType<OlmLibrary['Account']>

/** The two public keys of a device, as libolm writes them. */
export interface Identity {
  /** Curve25519, for agreeing on secrets. */
  readonly exchange: string
  /** Ed25519, for signing one-time keys. */
  readonly signing: string
}

/** @returns 64 bytes: the key of agreement, then the key of signatures */
export function publicIdentity(account: Account): Uint8Array {
  const { curve25519, ed25519 } = JSON.parse(account.identity_keys()) as Record<string, string>
  return Buffer.concat([toBytes(curve25519 ?? ''), toBytes(ed25519 ?? '')])
}

/** @throws EncryptionError forged: it is no identity */
export function readIdentity(bytes: Uint8Array): Identity {
  if (bytes.length !== 2 * KEY) {
    throw new EncryptionError('forged', `an identity has 64 bytes, not ${bytes.length}`)
  }
  return { exchange: toText(bytes.subarray(0, KEY)), signing: toText(bytes.subarray(KEY)) }
}

/**
 * A one-time key with its device's signature: without one the server could hand out a key of its own making and read
 * the first messages once it has the device's identity key.
 */
export function signPackage(account: Account, key: string): Uint8Array {
  return Buffer.concat([toBytes(key), toBytes(account.sign(LABEL + key))])
}

/** The one-time key of a package. @throws EncryptionError forged: the device did not sign it */
export function openPackage(olm: OlmLibrary, identity: Identity, signed: Uint8Array): string {
  if (signed.length !== KEY + SIGNATURE) {
    throw new EncryptionError('forged', `a package has 96 bytes, not ${signed.length}`)
  }
  const key = toText(signed.subarray(0, KEY))
  const utility = new olm.Utility()
  try {
    utility.ed25519_verify(identity.signing, LABEL + key, toText(signed.subarray(KEY)))
    return key
  } catch (error) {
    throw new EncryptionError('forged', 'a package is not signed by its device', error)
  } finally {
    utility.free()
  }
}
