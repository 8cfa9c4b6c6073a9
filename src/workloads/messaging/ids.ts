import { EPOCH_MS } from '../../core/snowflake.ts'

const SEQUENCE_BITS = 22n
/** Ten days: with 50 messages a user and day the partition of all but the busiest groups stays far below 100 MB (M-01). */
const BUCKET_MS: number = 10 * 86_400_000
/** A queue's bucket: what was received in it goes as one partition (M-08). */
const QUEUE_BUCKET_MS = 86_400_000

/** The time of an id, and its place among those of that millisecond and conversation. */
export interface MessageTime {
  /** Milliseconds since 1970. */
  readonly ms: number
  readonly sequence: number
}

/**
 * The id of a message: 41 bits of milliseconds and 22 that count within one, unique in its conversation. Its order is
 * that in which the conversation's sequencer took the messages, whatever clocks say (M-10).
 */
export function messageIdOf({ ms, sequence }: MessageTime): bigint {
  return (BigInt(ms - EPOCH_MS) << SEQUENCE_BITS) | BigInt(sequence)
}

/** The parts of a message's id. */
export function messageTimeOf(id: bigint): MessageTime {
  return { ms: Number(id >> SEQUENCE_BITS) + EPOCH_MS, sequence: Number(id & ((1n << SEQUENCE_BITS) - 1n)) }
}

/** The bucket of the conversation that a message is in (M-01). */
export function bucketOf(id: bigint): number {
  return Math.floor((messageTimeOf(id).ms - EPOCH_MS) / BUCKET_MS)
}

/** The bucket of a device's queue at a moment. */
export function queueBucketAt(ms: number): number {
  return Math.floor((ms - EPOCH_MS) / QUEUE_BUCKET_MS)
}
