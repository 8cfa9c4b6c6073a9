import type { FlowEnd } from '../core/operation.ts'
import type { StrategyChoice } from '../core/strategy.ts'
import type { Population } from '../core/population.ts'
import type { RoleName, VariantName, WorkloadName } from '../core/names.ts'
import type { StoreEndpoint } from '../core/store.ts'

/** What a role process needs to know; sent over IPC, so that no password stands in an argument or the environment. */
export interface RoleAssignment {
  readonly workload: WorkloadName
  readonly variant: VariantName
  readonly role: RoleName
  readonly population: Population
  readonly choice: StrategyChoice
  readonly endpoints: readonly StoreEndpoint[]
  /** Where the journals of the run's processes are. */
  readonly journalFolder: string
  /** Names of fault points at which the process kills itself with SIGKILL. */
  readonly killAt: readonly string[]
}

export type ToRole =
  | { readonly type: 'start'; readonly assignment: RoleAssignment }
  | { readonly type: 'drained?' }
  | { readonly type: 'lag?' }
  | { readonly type: 'cpu?' }
  | { readonly type: 'stop' }

export type FromRole =
  | { readonly type: 'ready' }
  | { readonly type: 'ends'; readonly ends: readonly FlowEnd[] }
  | { readonly type: 'drained'; readonly drained: boolean }
  /** Empty where the role consumes no log, and where the log does not answer. */
  | { readonly type: 'lag'; readonly lag: Readonly<Record<string, number>> }
  | { readonly type: 'cpu'; readonly cpuSeconds: number }
  | { readonly type: 'stopped'; readonly cpuSeconds: number }
  /** `store`: because a store could not be asked. */
  | { readonly type: 'failed'; readonly message: string; readonly store: boolean }
