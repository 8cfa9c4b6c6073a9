import { EncryptionError } from '../encryption.ts'
import { toBytes, toText } from './library.ts'

/** First byte of an envelope; what follows is the name of the key it was written with, and the message. */
export const ENVELOPE_VERSION: Uint8Array = Uint8Array.of(1)

/** Bytes; enough to tell a device's keys in a conversation apart. */
const KEY_ID = 8

/** The first bytes of a session's name, which stand in each envelope: the server sees which share a key, no more. */
export function keyId(sessionId: string): Uint8Array {
  return toBytes(sessionId).subarray(0, KEY_ID)
}

/** @throws EncryptionError forged: it is no envelope of ours */
export function readEnvelope(envelope: Uint8Array): { readonly keyId: string; readonly message: string } {
  if (envelope[0] !== ENVELOPE_VERSION[0] || envelope.length <= 1 + KEY_ID) {
    throw new EncryptionError('forged', 'it is no envelope')
  }
  return { keyId: toText(envelope.subarray(1, 1 + KEY_ID)), message: toText(envelope.subarray(1 + KEY_ID)) }
}
