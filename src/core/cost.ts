import type { StoreName } from './names.ts'

/** What one operation asked of the stores, counted by the store clients themselves. */
export interface Cost {
  roundTrips: number
  statements: number
  rows: number
  bytes: number
  /** Microseconds for which a connection of a pool was held: others wait for it (references.md, C-10). */
  connectionMicros: number
  /** Round trips by store: `{ redis: 2, postgres: 0 }`. */
  readonly roundTripsByStore: Record<StoreName, number>
}

/** A cost of nothing. */
export function newCost(): Cost {
  return { roundTrips: 0, statements: 0, rows: 0, bytes: 0, connectionMicros: 0, roundTripsByStore: {} }
}

/** Adds one round trip to `store` that carried `statements` statements or commands and returned `rows` rows, `bytes` bytes. */
export function countRoundTrip(
  cost: Cost,
  store: StoreName,
  statements: number,
  rows: number,
  bytes: number,
): void {
  cost.roundTrips += 1
  cost.statements += statements
  cost.rows += rows
  cost.bytes += bytes
  cost.roundTripsByStore[store] = (cost.roundTripsByStore[store] ?? 0) + 1
}

/**
 * Adds what was asked for `items` operations together to the cost of one of them: all of its round trips, since each
 * waited for them, and an equal share of its statements, rows, bytes and of the time on a connection.
 */
export function addCost(into: Cost, cost: Cost, items: number = 1): void {
  into.roundTrips += cost.roundTrips
  into.statements += cost.statements / items
  into.rows += cost.rows / items
  into.bytes += cost.bytes / items
  into.connectionMicros += cost.connectionMicros / items
  for (const store in cost.roundTripsByStore)
    into.roundTripsByStore[store] =
      (into.roundTripsByStore[store] ?? 0) + (cost.roundTripsByStore[store] ?? 0)
}
