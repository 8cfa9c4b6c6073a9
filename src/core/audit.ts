import type { JournalReader } from './journal.ts'
import type { DefectId, ProfileName, RequirementId } from './names.ts'
import type { Population } from './population.ts'
import type { Stores } from './store.ts'
import type { StrategyChoice } from './strategy.ts'

/** What an audit is handed. */
export interface AuditContext {
  readonly stores: Stores
  readonly population: Population
  readonly choice: StrategyChoice
  readonly journal: JournalReader
  /** Restarts of the run's seeded choice: which feeds, users, posts to sample. */
  readonly seed: number
  readonly profile: ProfileName
}

export type AuditState = 'held' | 'violated' | 'nothing to check' | 'could not run'

export interface AuditOutcome {
  readonly state: AuditState
  readonly checked: number
  readonly violations: number
  /** At most ten, each a line that a person can act on. */
  readonly examples: readonly string[]
  readonly note?: string
}

/** An invariant on the stores and the journal after the traffic has drained. */
export interface Audit {
  readonly name: string
  readonly claims: readonly RequirementId[]
  readonly defects: readonly DefectId[]
  run(context: AuditContext): Promise<AuditOutcome>
}
