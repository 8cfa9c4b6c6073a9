import { EPOCH_MS } from '../../core/snowflake.ts'

const SEQUENCE_BITS = 22n
/** Of the 22, those that count within a millisecond; the twelve before them are the part. */
const NUMBER_BITS = 10
/** What counts within a millisecond ends before it. */
export const NUMBERS: number = 2 ** NUMBER_BITS
/** Parts of ten days. With 50,000 messages in each, one conversation may say 237 a second all the time. */
export const PARTS: number = 2 ** (Number(SEQUENCE_BITS) - NUMBER_BITS)
/** Ten days: the partition of all but the busiest conversations is one part of it, far below 100 MB (M-01). */
export const PERIOD_MS: number = 10 * 86_400_000
/**
 * What a bucket takes, in messages, of which one of several kibibytes counts as so many: half of what a partition may have
 * of either, 100,000 rows or 100 MB (M-01).
 */
export const BUCKET_MESSAGES = 50_000
/** A queue's bucket: what was received in it goes as one partition (M-08). */
const QUEUE_BUCKET_MS = 86_400_000
/** What a message waits for a device that stays away, in seconds: thirty days, as WhatsApp's (MSG-06). */
export const QUEUE_SECONDS: number = 30 * 86_400

/** The time of an id, and its place among those of that millisecond and conversation. */
export interface MessageTime {
  /** Milliseconds since 1970. */
  readonly ms: number
  readonly sequence: number
}

/**
 * The id of a message: 41 bits of milliseconds, and 22 that count within one, unique in its conversation. Its order is
 * that in which the conversation's sequencer took the messages, whatever clocks say (M-10). The upper twelve of the 22 are the
 * part of ten days, which only goes up within them: whoever has an id knows its bucket.
 */
export function messageIdOf({ ms, sequence }: MessageTime): bigint {
  return (BigInt(ms - EPOCH_MS) << SEQUENCE_BITS) | BigInt(sequence)
}

/** The parts of a message's id. */
export function messageTimeOf(id: bigint): MessageTime {
  return { ms: Number(id >> SEQUENCE_BITS) + EPOCH_MS, sequence: Number(id & ((1n << SEQUENCE_BITS) - 1n)) }
}

/** The ten days that a moment is in. */
export function periodAt(ms: number): number {
  return Math.floor((ms - EPOCH_MS) / PERIOD_MS)
}

/** The bucket of the conversation that a message is in: ten days, and a part of them (M-01). */
export function bucketOf(id: bigint): number {
  const { ms, sequence } = messageTimeOf(id)
  return periodAt(ms) * PARTS + Math.floor(sequence / NUMBERS)
}

/** Which part of its ten days a bucket is, from 0. */
export function partOf(bucket: number): number {
  return bucket % PARTS
}

/** The last part that the ten days of a moment may have. */
export function lastBucketAt(ms: number): number {
  return (periodAt(ms) + 1) * PARTS - 1
}

/**
 * What ids begin behind from a moment on, where nobody knows any more how full the bucket of `before` is, the newest message:
 * in another bucket than that. Behind the last part of ten days there is none.
 */
export function timeInNextBucket(before: bigint | undefined, ms: number): MessageTime {
  const bucket = before === undefined ? -1 : bucketOf(before)
  const part = Math.floor(bucket / PARTS) === periodAt(ms) ? Math.min(partOf(bucket) + 1, PARTS - 1) : 0
  return { ms, sequence: part * NUMBERS }
}

/** The bucket of a device's queue at a moment. */
export function queueBucketAt(ms: number): number {
  return Math.floor((ms - EPOCH_MS) / QUEUE_BUCKET_MS)
}

/** Whether something that was put into a queue's bucket may have waited for longer than it may, in seconds. */
export function mayHaveExpired(bucket: number, nowMs: number, queueSeconds: number): boolean {
  return bucket * QUEUE_BUCKET_MS + EPOCH_MS + queueSeconds * 1_000 <= nowMs
}
