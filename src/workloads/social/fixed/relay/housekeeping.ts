import { sweepClaims } from '../sweep-claims.ts'
import { countCopies } from './count-copies.ts'
import type { FanoutWork } from './fanout.ts'
import { purgeEvents } from '../../../../patterns/outbox/position.ts'
import type { RelayPosition } from '../../../../patterns/outbox/position.ts'

/** Milliseconds between two purges of applied events. */
const PURGE_MS = 2_000
/** Milliseconds between two sweeps of half-made registrations. */
const SWEEP_MS = 30_000
/** A registration that is not confirmed after this many seconds has died (S-09). */
const CLAIM_SECONDS = 60

/**
 * Does what is due, given how far the relay's effects have come and whether it has other work. Answers whether it should
 * be asked again at once.
 */
export type Housekeeping = (applied: RelayPosition, isBusy: boolean) => Promise<boolean>

/**
 * What a relay does now and then beside its events: deletes applied ones, ends half-claims of names, and copies counts
 * into the rows that show them.
 */
export function housekeeping(work: FanoutWork): Housekeeping {
  const { postgres } = work
  const copyCounts = countCopies(work)
  let purgedAt = performance.now()
  let sweptAt = purgedAt
  return async (applied, isBusy) => {
    const now = performance.now()
    if (now - purgedAt >= PURGE_MS) {
      purgedAt = now
      await purgeEvents(postgres, applied)
    }
    if (now - sweptAt >= SWEEP_MS) {
      sweptAt = now
      await sweepClaims(postgres, CLAIM_SECONDS)
    }
    return copyCounts(isBusy)
  }
}
