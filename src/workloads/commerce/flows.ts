import type { Flow } from '../../core/operation.ts'
import { rates } from './model.ts'

/** The flow that an order begins: its confirmation, and the notice to its warehouses. */
export const ORDER_EFFECTS = 'order.effects'

/** Ends of the flow: which consumer saw the order through. */
export const EFFECT = { confirmation: 0, notice: 1, of: 2 } as const

/** The flow that a change of a product begins: searches see it (E-42). */
export const INDEX_FRESH = 'index.fresh'

/** The key of one version of a product in that flow. */
export function versionKey(product: bigint | string, version: bigint): string {
  return `${product}-${version}`
}

/**
 * The flows of the commerce case: an order reaches both consumers by way of Kafka (ECM-74), a change of a product the
 * index. The second has no target: the text gives none, and its 2 changes a second could not decide one in a minute.
 */
export const flows: readonly Flow[] = [
  {
    name: ORDER_EFFECTS,
    claims: ['ECM-74'],
    targets: [{ percentile: 99, belowMs: 5_000 }],
    rate: rates['order.place'],
  },
  { name: INDEX_FRESH, claims: ['ECM-79'], targets: [], rate: rates['product.update'] },
]
