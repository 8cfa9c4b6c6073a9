import type { Experiment } from '../../../core/experiment.ts'
import { columnStore } from './column-store/index.ts'
import { consumerKill } from './consumer-kill/index.ts'
import { dashboards } from './dashboards/index.ts'
import { insertBatch } from './insert-batch/index.ts'
import { kafkaClient } from './kafka-client/index.ts'
import { rollups } from './rollups/index.ts'
import { textColumns } from './text-columns/index.ts'
import { timeOrder } from './time-order/index.ts'

/** The experiments of the analytics case, by the claim or the defect that each measures. */
export const experiments: Readonly<Record<string, Experiment>> = {
  'column-store': columnStore,
  'insert-batch': insertBatch,
  'text-columns': textColumns,
  'time-order': timeOrder,
  rollups,
  dashboards,
  'kafka-client': kafkaClient,
  'consumer-kill': consumerKill,
}
