import type { RoleName, VariantName } from '../core/names.ts'
import type { Population } from '../core/population.ts'
import type { StoreEndpoint } from '../core/store.ts'
import type { StrategyChoice } from '../core/strategy.ts'
import type { Workload } from '../core/workload.ts'
import type { RunPlan } from './plan.ts'
import type { Turn } from './turns.ts'
import type { OnProgress } from './windows.ts'

/** All that the measured part of a run stands on. */
export interface MeasureRequest {
  readonly workload: Workload
  readonly variant: VariantName
  readonly choice: StrategyChoice
  readonly population: Population
  readonly endpoints: readonly StoreEndpoint[]
  readonly plan: RunPlan
  readonly seed: number
  readonly workers: number
  readonly closedConcurrency: number | undefined
  /** For journals and the output of roles. */
  readonly folder: string
  readonly signal: AbortSignal
  /** Fault points at which a role kills itself, by role. */
  readonly killAt: Readonly<Record<RoleName, readonly string[]>>
  readonly turn: Turn
  readonly onProgress: OnProgress
}
