import { EncryptionError } from './encryption.ts'

/** Bytes; as Signal pads: most short messages look alike by size. */
const BLOCK = 160
const END = 0x80

/** The bytes, a mark of their end, and zeros up to a multiple of 160 bytes, so that a size says little (M-07). */
export function pad(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((bytes.length + 1) / BLOCK) * BLOCK)
  padded.set(bytes)
  padded[bytes.length] = END
  return padded
}

/** What was padded. @throws EncryptionError forged: there is no mark */
export function unpad(padded: Uint8Array): Uint8Array {
  const end = padded.findLastIndex((byte) => byte !== 0)
  if (padded[end] !== END) {
    throw new EncryptionError('forged', 'a message has no end')
  }
  return padded.subarray(0, end)
}
