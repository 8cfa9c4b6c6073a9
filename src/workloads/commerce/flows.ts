import type { Flow } from '../../core/operation.ts'
import { rates } from './model.ts'

/** The flow that an order begins: its confirmation, and the notice to its warehouses. */
export const ORDER_EFFECTS = 'order.effects'

/** Ends of the flow: which consumer saw the order through. */
export const EFFECT = { confirmation: 0, notice: 1, of: 2 } as const

/** The flows of the commerce case: an order reaches both consumers by way of Kafka (ECM-74). */
export const flows: readonly Flow[] = [
  {
    name: ORDER_EFFECTS,
    claims: ['ECM-74'],
    targets: [{ percentile: 99, belowMs: 5_000 }],
    rate: rates['order.place'],
  },
]
