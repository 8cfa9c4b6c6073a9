import { randomUUID } from 'node:crypto'
import type { Cost } from '../../core/cost.ts'
import type { RedisClient, RedisReply } from '../../stores/redis/client.ts'
import { decodeReply, fill } from './fill.ts'
import type { Filled, ObjectSource } from './fill.ts'
import { INVALIDATION_CHANNEL, leaseKey } from './keys.ts'
import type { LocalLayer } from './local-layer.ts'
import type { CacheLookup, ObjectCache } from './object-cache.ts'

/** A cache over `source`, with `local` as its L1. */
export function openCache<Value>(
  redis: RedisClient,
  source: ObjectSource<Value>,
  local: LocalLayer<Value>,
): ObjectCache<Value> {
  const process = randomUUID()
  /** Every fill has a token of its own: a later one in this process must not lend its lease to an earlier one. */
  let fills = 0
  /** Fills under way in this process, by id: single flight (S-35). */
  const flights = new Map<string, Promise<Filled<Value>>>()
  const counts = { l1Hits: 0, l1Lookups: 0, l2Hits: 0, l2Lookups: 0 }

  function begin(ids: readonly string[], fresh = false): CacheLookup<Value> {
    const found: (Value | null | undefined)[] = []
    const missing: string[] = []
    for (const id of ids) {
      const value = fresh ? undefined : local.get(id)
      found.push(value)
      if (value === undefined) missing.push(source.key(id))
    }
    counts.l1Lookups += ids.length
    counts.l1Hits += ids.length - missing.length
    return {
      ids,
      found,
      command: missing.length === 0 ? undefined : ['mget', ...missing],
      fresh,
      seen: local.seen(),
    }
  }

  /** Takes the reply of L2; answers the ids that neither layer holds. */
  function absorb(lookup: CacheLookup<Value>, reply: readonly RedisReply[]): string[] {
    const missing: string[] = []
    let next = 0
    lookup.ids.forEach((id, index) => {
      if (lookup.found[index] !== undefined) return
      const value = decodeReply(source.codec, reply[next])
      next += 1
      if (value === undefined) {
        missing.push(id)
        return
      }
      lookup.found[index] = value
      local.set(id, value, lookup.seen)
    })
    counts.l2Lookups += next
    counts.l2Hits += next - missing.length
    return missing
  }

  function startFill(ids: readonly string[], cost: Cost): Promise<Filled<Value>> {
    const seen = local.seen()
    fills += 1
    const flight = fill(redis, source, `${process}:${fills}`, ids, cost)
      .then((filled) => {
        for (const [id, value] of filled) local.set(id, value, seen)
        return filled
      })
      .finally(() => {
        for (const id of ids) if (flights.get(id) === flight) flights.delete(id)
      })
    for (const id of ids) flights.set(id, flight)
    return flight
  }

  async function bring(ids: readonly string[], fresh: boolean, cost: Cost): Promise<Filled<Value>> {
    const joined: Promise<Filled<Value>>[] = []
    const unfilled: string[] = []
    for (const id of ids) {
      // A fill under way may have read before the change that a fresh reader must see.
      const flight = fresh ? undefined : flights.get(id)
      if (flight === undefined) unfilled.push(id)
      else joined.push(flight)
    }
    if (unfilled.length > 0) joined.push(startFill(unfilled, cost))
    const brought: Filled<Value> = new Map()
    for (const filled of await Promise.all(joined)) for (const [id, value] of filled) brought.set(id, value)
    return brought
  }

  async function complete(
    lookup: CacheLookup<Value>,
    reply: RedisReply,
    cost: Cost,
  ): Promise<(Value | undefined)[]> {
    const { found, ids } = lookup
    if (lookup.command !== undefined) {
      const missing = absorb(lookup, reply as readonly RedisReply[])
      if (missing.length > 0) {
        const brought = await bring([...new Set(missing)], lookup.fresh, cost)
        ids.forEach((id, index) => {
          if (found[index] === undefined) found[index] = brought.get(id) ?? null
        })
      }
    }
    return found.map((value) => value ?? undefined)
  }

  async function lookUp(ids: readonly string[], fresh: boolean, cost: Cost): Promise<(Value | undefined)[]> {
    const lookup = begin(ids, fresh)
    if (lookup.command === undefined) return complete(lookup, null, cost)
    const [reply = null] = await redis.wave([lookup.command], cost)
    return complete(lookup, reply, cost)
  }

  function forget(ids: readonly string[]): void {
    for (const id of ids) {
      local.forget(id)
      // A fill that began before the change may carry the old value: later readers start one of their own.
      flights.delete(id)
    }
  }

  return {
    get: async (id, cost, fresh = false) => (await lookUp([id], fresh, cost))[0],
    getMany: (ids, cost) => lookUp(ids, false, cost),
    begin,
    complete,
    invalidation(ids) {
      const stale = ids.map(source.key)
      return [
        ['del', ...stale, ...stale.map(leaseKey)],
        ['publish', INVALIDATION_CHANNEL, stale.join('\n')],
      ]
    },
    forget,
    ratios: () => ({ l1: [counts.l1Hits, counts.l1Lookups], l2: [counts.l2Hits, counts.l2Lookups] }),
  }
}
