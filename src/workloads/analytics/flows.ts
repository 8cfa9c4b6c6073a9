import type { Flow } from '../../core/operation.ts'
import { batchRate } from './model.ts'

/** The flow that a batch begins: its events can be found by a query. */
export const EVENTS_VISIBLE = 'events.visible'

/** The flow that a batch begins: its events are in the dashboards' rollups. */
export const DASHBOARD_FRESH = 'dashboard.fresh'

/** The flows of the analytics case. The bound is our own: the text says "real-time" and no number (ANA-04). */
export const flows: readonly Flow[] = [
  {
    name: EVENTS_VISIBLE,
    claims: ['ANA-04', 'ANA-12'],
    targets: [{ percentile: 99, belowMs: 2_000 }],
    rate: batchRate,
  },
  {
    name: DASHBOARD_FRESH,
    claims: ['ANA-04', 'ANA-13', 'ANA-15'],
    targets: [{ percentile: 99, belowMs: 2_000 }],
    rate: batchRate,
  },
]
