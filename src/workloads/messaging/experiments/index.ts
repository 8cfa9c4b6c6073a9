import type { Experiment } from '../../../core/experiment.ts'
import { messagesByNodes } from './by-nodes/index.ts'
import { messagesByRate } from './by-rate/index.ts'

/** The experiments of the messaging case, by the claim that each measures. */
export const experiments: Readonly<Record<string, Experiment>> = {
  'messages-by-nodes': messagesByNodes,
  'messages-by-rate': messagesByRate,
}
