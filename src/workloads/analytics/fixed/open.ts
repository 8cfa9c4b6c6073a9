import type { RunningApplication } from '../../../core/workload.ts'
import type { AnalyticsApplication } from '../application.ts'
import type { AnalyticsStores } from '../stores.ts'
import { collect } from './collect.ts'

/**
 * Batches under way at a time in one process (law 2): arrivals beyond wait, and their waiting counts. A second's worth
 * at the peak, so that a pause of the broker's is waited for there.
 */
const SLOTS = 1_024

/** Opens the fixed variant's collector over its own stores, which belong to the caller. */
export function openFixed({ kafka }: AnalyticsStores): RunningApplication {
  const application: AnalyticsApplication = {
    collect: (sent, context) => collect(kafka, sent, context),
  }
  return { application, slots: SLOTS, ratios: () => ({}), close: () => Promise.resolve() }
}
