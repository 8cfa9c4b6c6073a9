import type { Cost } from '../../core/cost.ts'
import type { RedisCommand, RedisReply } from '../../stores/redis/client.ts'

/** Ids that a lookup found in L1, and the command that asks L2 for the others. */
export interface CacheLookup<Value> {
  readonly ids: readonly string[]
  /** By position in `ids`; `null` says that there is no such object; `undefined` asks L2. */
  readonly found: (Value | null | undefined)[]
  /** One MGET for what L1 does not hold, to be sent in a wave beside others; undefined when L1 holds everything. */
  readonly command: RedisCommand | undefined
  /** L1 was passed over, and so are fills that began before. */
  readonly fresh: boolean
  /** How many invalidations this process had seen when the lookup began. */
  readonly seen: number
}

/**
 * Objects by id through two layers before the database: L1 in this process (least recently used, 1 s), L2 in Redis
 * (an hour, jittered), then one grouped statement (SOC-75 to SOC-78, S-31 to S-36). Ids are decimal strings.
 * Objects are shared: never change one.
 */
export interface ObjectCache<Value> {
  /** The object, or undefined where there is none. `fresh` passes over L1: for a reader of his own writes. */
  get(id: string, cost: Cost, fresh?: boolean): Promise<Value | undefined>
  /** The objects in the order of `ids`, undefined where there is none: no wave when L1 holds all, else one MGET. */
  getMany(ids: readonly string[], cost: Cost): Promise<(Value | undefined)[]>
  /** `getMany` in two halves, for callers that send the MGET beside commands of their own. */
  begin(ids: readonly string[], fresh?: boolean): CacheLookup<Value>
  /** The second half; `reply` is the answer to `lookup.command`. */
  complete(lookup: CacheLookup<Value>, reply: RedisReply, cost: Cost): Promise<(Value | undefined)[]>
  /** The commands that make every process forget these ids; for a wave after the commit, followed by `forget`. */
  invalidation(ids: readonly string[]): RedisCommand[]
  /** Forgets ids in this process. */
  forget(ids: readonly string[]): void
  /** [hits, lookups] of a layer since the start. */
  ratios(): { readonly l1: readonly [number, number]; readonly l2: readonly [number, number] }
}
