import type { RunningApplication } from '../../../core/workload.ts'
import type { RealtimeApplication } from '../application.ts'
import type { AnalyticsStores } from '../stores.ts'
import { collect } from './collect.ts'
import { dashboardsOf } from './realtime/dashboards.ts'

/**
 * Batches under way at a time in one process (law 2): arrivals beyond wait, and their waiting counts. A second's worth
 * at the peak, so that a pause of the broker's is waited for there.
 */
const SLOTS = 1_024

/** Opens the fixed variant's application over its own stores, which belong to the caller. */
export async function openFixed(stores: AnalyticsStores): Promise<RunningApplication> {
  const { kafka } = stores
  const application: RealtimeApplication = {
    collect: (sent, context) => collect(kafka, sent, context),
    ask: await dashboardsOf(stores),
  }
  return { application, slots: SLOTS, ratios: () => ({}), close: () => Promise.resolve() }
}
