import type { PostgresQueries } from '../../../../stores/postgres/client.ts'
import { sweepClaims } from '../sweep-claims.ts'
import { purgeEvents } from '../../../../patterns/outbox/position.ts'
import type { RelayPosition } from '../../../../patterns/outbox/position.ts'

/** Milliseconds between two purges of applied events. */
const PURGE_MS = 2_000
/** Milliseconds between two sweeps of half-made registrations. */
const SWEEP_MS = 30_000
/** A registration that is not confirmed after this many seconds has died (S-09). */
const CLAIM_SECONDS = 60

/** Does what is due, given how far the relay's effects have come. */
export type Housekeeping = (applied: RelayPosition) => Promise<void>

/** What a relay does now and then beside its events: deletes applied ones, and ends half-claims of names. */
export function housekeeping(queries: PostgresQueries): Housekeeping {
  let purgedAt = performance.now()
  let sweptAt = purgedAt
  return async (applied) => {
    const now = performance.now()
    if (now - purgedAt >= PURGE_MS) {
      purgedAt = now
      await purgeEvents(queries, applied)
    }
    if (now - sweptAt >= SWEEP_MS) {
      sweptAt = now
      await sweepClaims(queries, CLAIM_SECONDS)
    }
  }
}
