import type { Experiment } from '../../../core/experiment.ts'
import { kafkaClient } from './kafka-client/index.ts'

/** The experiments of the analytics case. */
export const experiments: Readonly<Record<string, Experiment>> = { 'kafka-client': kafkaClient }
