import type { ProfileName, SuiteName, VariantName } from '../core/names.ts'
import type { RateExpression, TargetExpression } from '../core/expressions.ts'
import type { ProviderName } from '../core/store.ts'
import type { Workload } from '../core/workload.ts'
import type { StrategyChoice } from '../core/strategy.ts'
import type { TopologyWish } from './topology-wish.ts'

/** What `arch bench` was asked to do, checked against the workloads. Undefined: the workload's own default. */
export interface BenchOptions {
  readonly workloads: readonly Workload[]
  readonly scale: number | undefined
  readonly population: number | undefined
  /** Units a second for the whole mix, at any scale. */
  readonly totalRate: number | undefined
  /** Units a second of single operations; names occur once. */
  readonly rates: readonly Required<RateExpression>[]
  readonly profile: ProfileName
  /** As the flag says; the workloads are narrowed to it already. */
  readonly suite: SuiteName | undefined
  /** An explicit window does not stretch (law 5). */
  readonly durationSeconds: number | undefined
  readonly warmupSeconds: number | undefined
  readonly maxDurationSeconds: number | undefined
  readonly arrival: 'poisson' | 'uniform'
  readonly loop: 'open' | 'closed'
  /** Defined exactly when the loop is closed. */
  readonly concurrency: number | undefined
  readonly variant: VariantName | 'both'
  /** What was chosen by flag; a strategy that only one of two variants has counts for that one. */
  readonly strategies: StrategyChoice
  readonly targets: readonly TargetExpression[]
  readonly workers: number
  readonly seed: number
  readonly provider: ProviderName | 'auto'
  readonly topology: TopologyWish
  /** The folder of reports, absolute. */
  readonly out: string
  /** Names of reporters; `json` is always among them. */
  readonly formats: readonly string[]
  /** result.json on stdout, and nothing else there. */
  readonly json: boolean
}
