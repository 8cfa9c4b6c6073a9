import type {
  FlowName,
  OperationName,
  QueryName,
  RequirementId,
  RoleName,
  StoreName,
  VariantName,
} from './names.ts'
import type { Stores } from './store.ts'
import type { Strategy } from './strategy.ts'
import type { Audit } from './audit.ts'
import type { Population, Progress, StepReport } from './population.ts'

/** A part of a case that a run measures by itself: `--suite`. It has traffic or queries. */
export interface Suite {
  readonly description: string
  readonly stores: readonly StoreName[]
  readonly variants: readonly VariantName[]
  /** The default of `--population` in this suite; the case's own when absent. */
  readonly population?: number
  /** What the application does under open-loop traffic; empty for queries. */
  readonly operations: readonly OperationName[]
  readonly flows: readonly FlowName[]
  readonly roles: readonly RoleName[]
  /** Decisions that are this suite's alone, in each of its variants. */
  readonly strategies?: Readonly<Record<string, Strategy>>
  /** How soon it must have drained; no bound of its own when absent. */
  readonly drain?: DrainTarget
  /** The audits of the suite; the variant's own when absent. */
  readonly audits?: readonly Audit[]
  /** Queries by the protocol of ClickBench in the place of traffic (C-19). */
  readonly queries?: QuerySuite
}

/** A bound on the drain: from the end of the window until every flow has ended and no role has anything left to do. */
export interface DrainTarget {
  readonly belowSeconds: number
  /** Where the bound comes from. */
  readonly why: string
}

/** A bound on every run of a query, cold and hot (design.md, law 5: `max`). */
export interface QueryTarget {
  readonly belowMs: number
  /** The rows of the table that the bound is about: fewer prove nothing. */
  readonly ofRows: number
  readonly claims: readonly RequirementId[]
  /** From so many rows on a time is scaled to `ofRows` by rows a second, and labelled so. Absent: never. */
  readonly extrapolateFrom?: number
}

/** A query of a suite. */
export interface SuiteQuery {
  readonly name: QueryName
  /** What it asks, in a person's words. */
  readonly question: string
  readonly claims: readonly RequirementId[]
  readonly targets: readonly QueryTarget[]
}

/** One execution. */
export interface QueryRun {
  /** By the engine's own clock. */
  readonly engineMs: number
  readonly rowsRead: number
  /** Uncompressed. */
  readonly bytesRead: number
  /** Rows of the answer. */
  readonly rows: number
}

/** What the engine's index leaves of the table for a query. */
export interface Granules {
  readonly read: number
  readonly total: number
}

/** The table that the queries are about. */
export interface QueriedData {
  readonly rows: number
  readonly bytesOnDisk: number
  /** Before compression. */
  readonly bytesRaw: number
}

/** The queries of a suite over loaded data. */
export interface RunningQueries {
  data(): Promise<QueriedData>
  /** Makes the engine forget what it keeps in memory of the data. */
  forget(): Promise<void>
  /** @throws OperationFailure */
  run(query: QueryName, temperature: 'cold' | 'hot', signal: AbortSignal): Promise<QueryRun>
  granules(query: QueryName): Promise<Granules>
}

/** What a query suite tells while it loads. */
export interface LoadHost {
  readonly progress: Progress
  readonly signal: AbortSignal
  /** A line that stays. */
  readonly line: (text: string) => void
}

/** Queries over data that are loaded once and kept. */
export interface QuerySuite {
  readonly queries: readonly SuiteQuery[]
  /** What cold and hot mean here, in one sentence for the report. */
  readonly protocol: string
  /**
   * Loads the data, or finds them as an earlier run left them.
   * @throws ArchError (exit code 3) with figures where they will not fit
   */
  load(stores: Stores, population: Population, host: LoadHost): Promise<StepReport>
  open(stores: Stores, population: Population): Promise<RunningQueries>
}
