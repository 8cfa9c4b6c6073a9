import type { OperationName } from '../core/names.ts'
import type { AnyOperation, Results } from '../core/operation.ts'
import type { Clock } from './clock.ts'
import type { JournalWriter } from './journal.ts'
import type { FlowBegun, SecondReport } from './report.ts'
import type { SchedulePlan } from './schedule.ts'

/** What one load worker needs. All workers of a run get the same plan, operations, seed and start. */
export interface LoadOptions {
  readonly operations: readonly AnyOperation[]
  /** Handed to `Operation.run`, as `RunningApplication.application`. */
  readonly application: unknown
  /** Handed to `Operation.input` and to checks. */
  readonly world: unknown
  readonly results: Results
  /** Where the world counts, by operation, that a seeded entity stood in for an earlier arrival's result. */
  readonly standIns?: Readonly<Record<OperationName, number>>
  readonly plan: SchedulePlan
  /** Callers that each wait for their answer: makes this a closed loop, which never passes. Open loop when absent. */
  readonly closedConcurrency?: number
  /** This worker, from 0, of `workers`. */
  readonly worker: number
  readonly workers: number
  /** How many operations may run at a time in this worker. */
  readonly slots: number
  readonly clock: Clock
  /** `process.hrtime` microseconds at which the first phase starts, the same for all workers. */
  readonly startAtMicros: number
  readonly journal?: JournalWriter
  /** Aborting ends the run in order: no more arrivals, a short drain, a partial report. */
  readonly signal?: AbortSignal
  readonly onSecond?: (report: SecondReport) => void
  /** Batches of begun flows, at least once a second. */
  readonly onFlows?: (begun: readonly FlowBegun[]) => void
  readonly faultPoint?: (name: string) => Promise<void> | void
}
