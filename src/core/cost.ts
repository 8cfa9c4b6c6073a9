import type { StoreName } from './names.ts'

/** What one operation asked of the stores, counted by the store clients themselves. */
export interface Cost {
  roundTrips: number
  statements: number
  rows: number
  bytes: number
  /** Round trips by store: `{ redis: 2, postgres: 0 }`. */
  readonly roundTripsByStore: Record<StoreName, number>
}

/** A cost of nothing. */
export function newCost(): Cost {
  return { roundTrips: 0, statements: 0, rows: 0, bytes: 0, roundTripsByStore: {} }
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
 * Adds what a batch cost that `items` operations shared: all of its round trips, since each waited for them, and an
 * equal share of its statements, rows and bytes.
 */
export function addShare(cost: Cost, batch: Cost, items: number): void {
  cost.roundTrips += batch.roundTrips
  cost.statements += batch.statements / items
  cost.rows += batch.rows / items
  cost.bytes += batch.bytes / items
  for (const store in batch.roundTripsByStore)
    cost.roundTripsByStore[store] =
      (cost.roundTripsByStore[store] ?? 0) + (batch.roundTripsByStore[store] ?? 0)
}
