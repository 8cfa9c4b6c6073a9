import type { Flow } from '../../core/operation.ts'
import { rates } from './model.ts'

/** The flow that a message begins: every other device of its members has decrypted it. */
export const MESSAGE_DELIVERED = 'message.delivered'

/**
 * The flows of the messaging case. From the intended start of a send to the receiver's device having decrypted it, over
 * devices that were connected all the while (MSG-04); devices that were away count for completeness alone.
 */
export const flows: readonly Flow[] = [
  {
    name: MESSAGE_DELIVERED,
    claims: ['MSG-04', 'MSG-06', 'MSG-20', 'MSG-21', 'MSG-22'],
    targets: [{ percentile: 99, belowMs: 100 }],
    rate: rates['message.send'],
  },
]
