import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { EncryptionError } from './encryption.ts'

const CIPHER = 'aes-256-gcm'
const KEY = 32
/** The usual nonce of GCM; random is safe, for each key encrypts one blob. */
const NONCE = 12
const TAG = 16

/** What the store of media is given, and what travels inside the message's plaintext (M-19). */
export interface EncryptedMedia {
  /** Nonce, ciphertext and tag: all that a server sees, with their length. */
  readonly ciphertext: Uint8Array
  readonly key: Uint8Array
  /** SHA-256 of `ciphertext`: whoever holds the message knows which blob it means. */
  readonly hash: Uint8Array
}

/** Encrypts a blob on the client, with a key that no other blob has. */
export function encryptMedia(blob: Uint8Array): EncryptedMedia {
  const key = randomBytes(KEY)
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv(CIPHER, key, nonce)
  const ciphertext = Buffer.concat([nonce, cipher.update(blob), cipher.final(), cipher.getAuthTag()])
  return { ciphertext, key, hash: sha256(ciphertext) }
}

/** @throws EncryptionError forged: it is another blob than the message's, or the key is not its key */
export function decryptMedia(media: EncryptedMedia): Uint8Array {
  const { ciphertext, key, hash } = media
  const expected = sha256(ciphertext)
  if (
    ciphertext.length < NONCE + TAG ||
    hash.length !== expected.length ||
    !timingSafeEqual(hash, expected)
  ) {
    throw new EncryptionError('forged', 'the blob is not the one that the message names')
  }
  try {
    const decipher = createDecipheriv(CIPHER, key, ciphertext.subarray(0, NONCE))
    decipher.setAuthTag(ciphertext.subarray(-TAG))
    return Buffer.concat([decipher.update(ciphertext.subarray(NONCE, -TAG)), decipher.final()])
  } catch (error) {
    throw new EncryptionError('forged', 'the key does not open the blob', error)
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}
