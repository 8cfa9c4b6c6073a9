import { OperationFailure } from './errors.ts'

/** Milliseconds since 1970 of the id epoch: 2024-01-01T00:00:00Z (design.md, section 5). */
export const EPOCH_MS = 1_704_067_200_000
/** Logical shards (SOC-27). */
export const SHARDS = 256

const SHARD_BITS = 8n
const WORKER_BITS = 6n
const SEQUENCE_BITS = 8n
const SHARD_SHIFT = WORKER_BITS + SEQUENCE_BITS
const TIME_SHIFT = SHARD_BITS + SHARD_SHIFT
const MAX_TIME = 2 ** 41 - 1

/** The parts of an id. */
export interface SnowflakeParts {
  /** Milliseconds since 1970. */
  readonly timeMs: number
  readonly shard: number
  readonly worker: number
  readonly sequence: number
}

/**
 * Composes an id of 41 bits of milliseconds, 8 of shard, 6 of worker and 8 of sequence (SOC-29, X-05).
 * @throws RangeError when a part does not fit
 */
export function composeId(parts: SnowflakeParts): bigint {
  const time = parts.timeMs - EPOCH_MS
  if (!Number.isInteger(time) || time < 0 || time > MAX_TIME)
    throw new RangeError(`time ${parts.timeMs} is outside the id's 41 bits`)
  const fits = parts.shard < SHARDS && parts.worker < 64 && parts.sequence < 256
  if (!fits || parts.shard < 0 || parts.worker < 0 || parts.sequence < 0)
    throw new RangeError(
      `shard ${parts.shard}, worker ${parts.worker} or sequence ${parts.sequence} does not fit`,
    )
  const low = (parts.shard << 14) | (parts.worker << 8) | parts.sequence
  return (BigInt(time) << TIME_SHIFT) | BigInt(low)
}

/** Takes an id apart. */
export function decomposeId(id: bigint): SnowflakeParts {
  const low = Number(id & ((1n << TIME_SHIFT) - 1n))
  return {
    timeMs: Number(id >> TIME_SHIFT) + EPOCH_MS,
    shard: low >>> 14,
    worker: (low >>> 8) & 63,
    sequence: low & 255,
  }
}

/** The logical shard that an id carries: the first column of every sharded table. */
export function shardOfId(id: bigint): number {
  return Number((id >> SHARD_SHIFT) & 255n)
}

/** Milliseconds since 1970 at which an id was made. */
export function timeOfId(id: bigint): number {
  return Number(id >> TIME_SHIFT) + EPOCH_MS
}

/** The smallest id of a millisecond: the bound of a time partition, and a cursor for "before this time". */
export function firstIdAt(timeMs: number): bigint {
  return BigInt(timeMs - EPOCH_MS) << TIME_SHIFT
}

/** Mints ids in one process. */
export interface IdGenerator {
  /** The next id on `shard`; strictly greater than every id that this generator made on that shard. */
  next(shard: number): bigint
}

/**
 * A generator for one worker (0 to 63). When the 256 ids of a shard's millisecond are used it borrows from the next
 * one, at most `maxDriftMs` ahead of the clock; a clock that went back further than that is refused.
 * @throws OperationFailure `unavailable` when the clock is more than `maxDriftMs` behind the last id
 */
export function idGenerator(worker: number, clock: () => number = Date.now, maxDriftMs = 1_000): IdGenerator {
  const lastTime = new Float64Array(SHARDS)
  const sequence = new Int32Array(SHARDS)
  return {
    next(shard) {
      const now = clock()
      const last = lastTime[shard] ?? 0
      if (now > last) {
        lastTime[shard] = now
        sequence[shard] = 0
      } else if (last - now > maxDriftMs) {
        throw new OperationFailure(
          'unavailable',
          `the clock is ${last - now} ms behind the last id of shard ${shard}`,
        )
      } else if ((sequence[shard] ?? 0) < 255) {
        sequence[shard] = (sequence[shard] ?? 0) + 1
      } else {
        lastTime[shard] = last + 1
        sequence[shard] = 0
      }
      return composeId({ timeMs: lastTime[shard] ?? now, shard, worker, sequence: sequence[shard] ?? 0 })
    },
  }
}

/** A shard for a key that carries none yet, e.g. a new user's name: FNV-1a, then a mix (X-06; golden vectors in tests). */
export function shardOfKey(key: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % SHARDS
}
