import type { Experiment } from '../../../core/experiment.ts'
import { checkout } from './checkout/index.ts'

/** The experiments of the commerce case. */
export const experiments: Readonly<Record<string, Experiment>> = { checkout }
