import { erase } from '../../core/operation.ts'
import type { AnyOperation } from '../../core/operation.ts'
import { dashboards } from './traffic/dashboards.ts'
import { eventsSend } from './traffic/events-send.ts'

/** Everything that the analytics application does, and the traffic that does it. */
export const analyticsOperations: readonly AnyOperation[] = [
  erase(eventsSend),
  ...dashboards.map((dashboard) => erase(dashboard)),
]
