import type { SuiteName, VariantName, WorkloadName } from '../core/names.ts'
import type { StoreEndpoint } from '../core/store.ts'
import type { StrategyChoice } from '../core/strategy.ts'
import type { Population } from '../core/population.ts'
import type { FlowBegun, SecondReport, WorkerReport } from '../engine/report.ts'
import type { SchedulePlan } from '../engine/schedule.ts'

/** What a load worker needs to know before the start; plain data, handed over as workerData. */
export interface LoadAssignment {
  readonly workload: WorkloadName
  /** The suite that the plan is of; undefined for a case that is one whole. */
  readonly suite: SuiteName | undefined
  readonly variant: VariantName
  readonly choice: StrategyChoice
  readonly population: Population
  readonly endpoints: readonly StoreEndpoint[]
  readonly plan: SchedulePlan
  readonly seed: number
  readonly worker: number
  readonly workers: number
  /** Connections to each store whose client pools them. */
  readonly poolSize: number
  /** Replaces the application's own number of slots. */
  readonly slots: number | undefined
  readonly closedConcurrency: number | undefined
  /** Journals of the run's processes; one file a worker. */
  readonly journalFolder: string
  readonly resultsMemory: SharedArrayBuffer
}

export type ToLoadWorker =
  | { readonly type: 'start'; readonly startAtMicros: number }
  | { readonly type: 'interrupt' }
  | { readonly type: 'close' }

export type FromLoadWorker =
  | { readonly type: 'ready'; readonly slots: number }
  | { readonly type: 'second'; readonly report: SecondReport }
  | { readonly type: 'flows'; readonly begun: readonly FlowBegun[] }
  | {
      readonly type: 'report'
      readonly report: WorkerReport
      readonly ratios: Readonly<Record<string, readonly [number, number]>>
      readonly cpuSeconds: number
    }
  | {
      readonly type: 'failed'
      readonly message: string
      readonly stack: string | undefined
      /** A person's to mend, a store that could not be asked, or a bug. */
      readonly kind: 'setup' | 'store' | 'bug'
      readonly hint: string
    }
