import { randomUUID } from 'node:crypto'
import type { RedisClient } from '../../../../stores/redis/client.ts'

/** How long the one process that fills a key may take before another may try. */
export const LEASE_SECONDS = 10

const PROCESS = randomUUID()
let made = 0

/** A token that no other lease has, in any process. */
export function newToken(): string {
  made += 1
  return `${PROCESS}-${made}`
}

interface Flight {
  readonly token: string
  readonly result: Promise<unknown>
}

const flightsOf = new WeakMap<RedisClient, Map<string, Flight>>()

function flights(redis: RedisClient): Map<string, Flight> {
  let map = flightsOf.get(redis)
  if (map === undefined) {
    map = new Map()
    flightsOf.set(redis, map)
  }
  return map
}

/**
 * Runs `fill` for the holder of a lease, where others of this process find it. A newer lease replaces an older flight:
 * the older one reads what has changed since.
 */
export function lead<Result>(
  redis: RedisClient,
  key: string,
  token: string,
  fill: () => Promise<Result>,
): Promise<Result> {
  const map = flights(redis)
  const result = fill()
  map.set(key, { token, result })
  const land = (): void => {
    if (map.get(key)?.token === token) map.delete(key)
  }
  result.then(land, land)
  return result
}

/** The flight of this process that holds exactly the lease `token` on `key`; undefined when another process leads. */
export function flightOf(redis: RedisClient, key: string, token: string): Promise<unknown> | undefined {
  const flight = flights(redis).get(key)
  return flight?.token === token ? flight.result : undefined
}
