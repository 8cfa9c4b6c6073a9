import { LRUCache } from 'lru-cache'

/** L1 holds this many objects (SOC-75) ... */
export const LOCAL_ENTRIES = 1_000
/** ... for so long: the bound on what others may still see after a change, should its message be lost (S-32). */
const LOCAL_TTL_MS = 1_000
const REMEMBERED_INVALIDATIONS = 10_000

const absent = Symbol('absent')

/** The layer in this process. `null` stands for an object that is known not to exist. */
export interface LocalLayer<Value> {
  get(id: string): Value | null | undefined
  /** Keeps a value that was asked for when `seen` invalidations had been seen, unless it was invalidated since (S-36). */
  set(id: string, value: Value | null, seen: number): void
  forget(id: string): void
  /** Invalidations seen so far. */
  seen(): number
}

/** A layer of `LOCAL_ENTRIES` least recently used objects. */
export function newLocalLayer<Value extends object>(): LocalLayer<Value> {
  const values = new LRUCache<string, Value | typeof absent>({
    max: LOCAL_ENTRIES,
    ttl: LOCAL_TTL_MS,
    ttlResolution: 20,
  })
  const invalidatedAt = new LRUCache<string, number>({ max: REMEMBERED_INVALIDATIONS })
  let invalidations = 0
  return {
    get(id) {
      const value = values.get(id)
      return value === absent ? null : value
    },
    set(id, value, seen) {
      if (seen === invalidations || (invalidatedAt.get(id) ?? 0) <= seen) values.set(id, value ?? absent)
    },
    forget(id) {
      invalidations += 1
      invalidatedAt.set(id, invalidations)
      values.delete(id)
    },
    seen: () => invalidations,
  }
}

/** No layer at all: for what must be exact for its reader in every process. */
export function noLocalLayer<Value>(): LocalLayer<Value> {
  return { get: () => undefined, set: () => undefined, forget: () => undefined, seen: () => 0 }
}
