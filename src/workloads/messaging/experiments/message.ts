import { randomBytes } from 'node:crypto'
import type { CassandraValue } from '../../../stores/cassandra/client.ts'
import { bucketOf, messageIdOf } from '../ids.ts'

/** What a short message is when it was encrypted and padded to two blocks. */
const ENVELOPE_BYTES = 320
const ENVELOPES = Array.from({ length: 256 }, () => randomBytes(ENVELOPE_BYTES))

/** A uuid of version 4 by its number. @param first tells apart what is numbered: 0 to 2^32-1 */
export function numberedUuid(first: number, number: number): string {
  return `${first.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
}

/** What the text's table has instead, as many bytes. */
const TEXTS = ENVELOPES.map((bytes) => bytes.toString('hex').slice(0, ENVELOPE_BYTES))
/** Conversations that are written to in turns. */
const CONVERSATIONS = 1_000

/** The conversation that the n-th message is in. */
export function conversationOf(number: number): string {
  return numberedUuid(0, number % CONVERSATIONS)
}

/** The words of the n-th message. */
export function wordsOf(number: number): string {
  return TEXTS[number % TEXTS.length] ?? ''
}

/** The n-th envelope: random bytes, as ciphertext looks. */
function envelope(number: number): Uint8Array {
  return ENVELOPES[number % ENVELOPES.length] ?? new Uint8Array(ENVELOPE_BYTES)
}

/** Ids of messages in the order of time: by the clock, and within its milliseconds by their number. */
export function messageIds(now: () => number = Date.now): () => bigint {
  let ms = 0
  let sequence = 0
  return () => {
    const at = now()
    sequence = at > ms ? 0 : sequence + 1
    ms = Math.max(ms, at)
    return messageIdOf({ ms, sequence })
  }
}

/** What the gateway's own statement binds for a message. @param number of the message, unique in a trial */
export function messageValues(conversation: string, message: bigint, number: number): CassandraValue[] {
  const sender = BigInt(number % 7_777)
  return [conversation, bucketOf(message), message, sender, 1, numberedUuid(1, number), envelope(number)]
}
