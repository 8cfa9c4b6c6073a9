import { setTimeout as delay } from 'node:timers/promises'
import type { Cost } from '../../core/cost.ts'
import type { RedisClient, RedisReply } from '../../stores/redis/client.ts'
import { ABSENT_TEXT, isAbsentText } from './codec.ts'
import type { Codec } from './codec.ts'
import { leaseKey } from './keys.ts'
import { acquireScript, storeScript } from './scripts.ts'

const LEASE_MS = 3_000
/** An hour (SOC-73), give or take a tenth so that what was filled together does not expire together (S-35). */
const TTL_MS = 3_600_000
const TTL_JITTER = 0.1
const NEGATIVE_TTL_MS = 5_000
/** How long another process is given to fill, before its work is done here without storing it. */
const PATIENCE_MS: readonly number[] = [2, 5, 10, 20, 40, 80]

/** What a cache needs to know of its objects. */
export interface ObjectSource<Value> {
  readonly key: (id: string) => string
  readonly codec: Codec<Value>
  /** One statement for all ids; what is missing in the answer does not exist. */
  load(ids: readonly string[], cost: Cost): Promise<ReadonlyMap<string, Value>>
}

/** Objects by id; null where there is none. */
export type Filled<Value> = Map<string, Value | null>

/** Milliseconds to live for a value that is stored now. */
export function jitteredTtl(random: number): number {
  return Math.round(TTL_MS * (1 - TTL_JITTER + 2 * TTL_JITTER * random))
}

/** The text of a value, as an object, null for a negative entry, undefined for a miss. */
export function decodeReply<Value>(
  codec: Codec<Value>,
  text: RedisReply | undefined,
): Value | null | undefined {
  if (typeof text !== 'string') return undefined
  return isAbsentText(text) ? null : codec.decode(text)
}

/**
 * Brings objects that L2 does not hold from the database, and stores them under a lease: of all processes one fills,
 * the others wait a little for it (S-35).
 */
export async function fill<Value>(
  redis: RedisClient,
  source: ObjectSource<Value>,
  token: string,
  ids: readonly string[],
  cost: Cost,
): Promise<Filled<Value>> {
  const filled: Filled<Value> = new Map()
  const won: string[] = []
  let waiting: string[] = []
  const acquire = redis.call(acquireScript, pairs(source, ids), [token, LEASE_MS])
  const answers = (await redis.wave([acquire], cost))[0] as readonly RedisReply[]
  ids.forEach((id, index) => {
    const known = decodeReply(source.codec, answers[index])
    if (known !== undefined) filled.set(id, known)
    else (answers[index] === 1 ? won : waiting).push(id)
  })
  if (won.length > 0) {
    const loaded = await source.load(won, cost)
    for (const id of won) filled.set(id, loaded.get(id) ?? null)
    await redis.wave([storeCommand(redis, source, token, won, loaded)], cost)
  }
  for (const patience of PATIENCE_MS) {
    if (waiting.length === 0) return filled
    await delay(patience)
    waiting = await collect(redis, source, waiting, filled, cost)
  }
  if (waiting.length > 0) {
    const loaded = await source.load(waiting, cost)
    for (const id of waiting) filled.set(id, loaded.get(id) ?? null)
  }
  return filled
}

function pairs<Value>(source: ObjectSource<Value>, ids: readonly string[]): string[] {
  return ids.flatMap((id) => [source.key(id), leaseKey(source.key(id))])
}

function storeCommand<Value>(
  redis: RedisClient,
  source: ObjectSource<Value>,
  token: string,
  ids: readonly string[],
  loaded: ReadonlyMap<string, Value>,
): ReturnType<RedisClient['call']> {
  const values = ids.flatMap((id) => {
    const value = loaded.get(id)
    if (value === undefined) return [ABSENT_TEXT, NEGATIVE_TTL_MS]
    return [source.codec.encode(value), jitteredTtl(Math.random())]
  })
  return redis.call(storeScript, pairs(source, ids), [token, ...values])
}

/** Takes what others have stored by now; answers the ids that are still missing. */
async function collect<Value>(
  redis: RedisClient,
  source: ObjectSource<Value>,
  ids: readonly string[],
  filled: Filled<Value>,
  cost: Cost,
): Promise<string[]> {
  const replies = (await redis.wave([['mget', ...ids.map(source.key)]], cost))[0] as readonly RedisReply[]
  return ids.filter((id, index) => {
    const known = decodeReply(source.codec, replies[index])
    if (known !== undefined) filled.set(id, known)
    return known === undefined
  })
}
