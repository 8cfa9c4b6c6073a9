import { z } from 'zod'

/** What a message is (MSG-09). */
export type MessageKind = 'text' | 'image' | 'video'

/** Where a blob is, and what opens it: only inside the ciphertext (MSG-10, M-19). Base64. */
export interface MediaReference {
  readonly key: string
  readonly hash: string
}

/** What people say to each other; nothing of it is ever outside of an envelope (M-07). */
export interface Plaintext {
  readonly kind: MessageKind
  /** The sender's own name for the message: it is the same when it is sent again. */
  readonly key: string
  /** `process.hrtime` microseconds at which it was written. */
  readonly writtenMicros: number
  readonly text: string
  readonly media?: MediaReference
}

/** Known words in every text: audits look for them where no text may be (MSG-05). */
export const CANARY = 'the-canary-that-nobody-but-devices-may-see'

/** A text that looks like one. */
export function textOf(key: string): string {
  return `${CANARY} ${key}: are you coming tonight? we meet at eight where we met last time`
}

/** Writes a plaintext. */
export function encodePlaintext(plaintext: Plaintext): Uint8Array {
  return Buffer.from(JSON.stringify(plaintext))
}

const plaintextSchema: z.ZodType<Plaintext> = z.object({
  kind: z.enum(['text', 'image', 'video']),
  key: z.string().max(64),
  writtenMicros: z.number(),
  text: z.string(),
  media: z.object({ key: z.string(), hash: z.string() }).exactOptional(),
})

/** Reads what was decrypted: who wrote it is known, and what it says may be anything. @returns undefined where it is no plaintext */
export function decodePlaintext(bytes: Uint8Array): Plaintext | undefined {
  try {
    const said: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
    return plaintextSchema.safeParse(said).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
