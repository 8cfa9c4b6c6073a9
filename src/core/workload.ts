import type { Audit } from './audit.ts'
import type { Strategy, StrategyChoice } from './strategy.ts'
import type { Population, Progress, StepReport } from './population.ts'
import type {
  DefectId,
  OperationName,
  ProfileName,
  RequirementId,
  RoleName,
  StoreName,
  SuiteName,
  VariantName,
  WorkloadName,
} from './names.ts'
import type { Experiment } from './experiment.ts'
import type { Quantity, TrafficModel } from './model.ts'
import type { AnyOperation, Flow, FlowEnd, JournalKeys, Pace, Results } from './operation.ts'
import type { Stores } from './store.ts'
import type { DrainTarget, QuerySuite, Suite } from './suite.ts'

/** One place in which the live schema differs from the declared one. */
export interface SchemaDifference {
  readonly object: string
  readonly expected: string
  readonly found: string
}

/** A running application in one process: what operations are run against. */
export interface RunningApplication {
  /** Handed to `Operation.run` as its application. */
  readonly application: unknown
  /** How many operations may run at a time here; arrivals beyond wait in the queue (law 2). */
  readonly slots: number
  /** Counters worth a line in the report, e.g. cache hits: name to [hits, lookups]. */
  ratios(): Readonly<Record<string, readonly [number, number]>>
  close(): Promise<void>
}

/** What a role process offers its work. */
export interface RoleHost {
  /** Reports ends of flows to the session, in batches of any size. */
  flowEnds(ends: readonly FlowEnd[]): void
  /** Aborts when the role must stop in order. */
  readonly signal: AbortSignal
  /**
   * A line for the run's journal: what a client in this role saw, under the name that audits ask for (law 7). Read back
   * as an entry that began and ended at once, `ok`.
   */
  witness(operation: OperationName, keys: JournalKeys): void
  faultPoint(name: string): Promise<void> | void
}

/** A role's work in its own child process. */
export interface RunningRole {
  /** Resolves when nothing is left to do: the drain waits for it. */
  drained(): Promise<boolean>
  /** Of a role that consumes a log: the records that each of its groups has yet to read, by group. Asked once a second. */
  lag?(): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

/** How a defect of the as-written variant is expected to show, for `--variant both`. */
export interface DefectExpectation {
  readonly defect: DefectId
  readonly title: string
  /** Profiles in which the traffic can show it; all when absent. */
  readonly profiles?: readonly ProfileName[]
  /**
   * Names of targets (`like.add p99`), error budgets (`order.place error budget`), checks or audits of which at least one
   * must be missed or violated.
   */
  readonly shownBy: readonly string[]
}

/** The design as fixed, or as written. */
export interface Variant {
  readonly description: string
  /** As-written: what it is expected to show. Fixed: empty. */
  readonly defects: readonly DefectExpectation[]
  /** Changes that were made to the text so that it runs at all, one line each; empty for fixed. */
  readonly changes: readonly string[]
  readonly strategies: Readonly<Record<string, Strategy>>
  /**
   * Connections of one load worker to a store whose client pools them: part of a design, since they bound how many
   * sessions can wait for one row. Absent: two for each core, 4 to 16, which was measured to serve best.
   */
  readonly poolSize?: number
  /**
   * How long a caller waits for one of them, in milliseconds: part of a design, since under more load than there is
   * room for it decides who is turned away. Absent: the store's client's own bound.
   */
  readonly connectionWaitMs?: number
  /** Creates schemas, partitions, scripts; idempotent; converges after an interruption. */
  provision(stores: Stores, progress: Progress): Promise<StepReport>
  /** The live schema against the declared one, column by column. */
  schemaDifferences(stores: Stores): Promise<readonly SchemaDifference[]>
  /** Partitions made ahead. */
  ensurePartitions(stores: Stores, monthsAhead: number): Promise<StepReport>
  /**
   * Fills a template with the population and makes the run's own clone of it, derived stores included. Reuses the
   * template when its fingerprint of (seed, size, schema) agrees, and says why when it must be made again.
   */
  seed(
    stores: Stores,
    population: Population,
    choice: StrategyChoice,
    progress: Progress,
  ): Promise<StepReport>
  open(stores: Stores, population: Population, choice: StrategyChoice): Promise<RunningApplication>
  readonly roles: Readonly<
    Record<
      RoleName,
      (stores: Stores, population: Population, choice: StrategyChoice, host: RoleHost) => Promise<RunningRole>
    >
  >
  readonly audits: readonly Audit[]
}

/** A point of a traffic shape: at `at` (0 to 1 of the window) the rate is `factor` times the base. */
export interface ShapePoint {
  readonly at: number
  readonly factor: number
}

/** The shape of the traffic. */
export interface Profile {
  readonly description: string
  /** Piecewise linear over the window; steady when absent. */
  readonly shape?: readonly ShapePoint[]
  /** Arrivals a second on top of the mix, by operation, at any scale. */
  readonly surge?: Readonly<Record<string, number>>
  /** Rates at scale 1 of operations that this profile offers at another rate than the model's mean. */
  readonly rates?: Readonly<Record<OperationName, Quantity>>
  /**
   * Arrivals of a surge after which what it asks for is used up, by operation: the others are refused, and the expected share
   * of refusals follows from that. Such a surge begins with the measured window, or nothing would be left for it.
   */
  readonly surgeLasts?: Readonly<Record<OperationName, number>>
}

/** One case study: a table of contents that a reader can take in at a glance. */
export interface Workload {
  readonly name: WorkloadName
  readonly title: string
  readonly model: TrafficModel
  readonly stores: readonly StoreName[]
  readonly defaults: {
    readonly scale: number
    readonly population: number
    readonly durationSeconds: number
    readonly warmupSeconds: number
    readonly maxDurationSeconds: number
    /**
     * Of `--variant both`: a rate that the text's own code can keep up with, so that its defects show one by one instead
     * of behind a queue, and a window that may stretch accordingly. The variant's usual ones when absent.
     */
    readonly both?: {
      readonly scale: number
      readonly maxDurationSeconds: number
      /** Where what the text's code does grows with the population, whatever the rate. */
      readonly population?: number
    }
  }
  /** The size of the population at scale 1, e.g. 500e6 users: reports print the seeded share of it. */
  readonly documentedPopulation: {
    readonly size: number
    readonly unit: string
    readonly claim: RequirementId
  }
  readonly profiles: Readonly<Record<ProfileName, Profile>>
  readonly operations: readonly AnyOperation[]
  readonly flows: readonly Flow[]
  readonly variants: Readonly<Record<VariantName, Variant>>
  /**
   * What `Operation.input` and checks draw on; made once per worker. Pure but for `results`, and for `standIns`: there
   * it counts, by operation, each input in which a seeded entity stands in for an earlier result (law 7).
   */
  world(
    seed: number,
    population: Population,
    results: Results,
    pace: Pace,
    standIns: Record<OperationName, number>,
  ): unknown
  /**
   * What whoever starts a run should know of it, one line each: traffic that the seed is not made for. `scheduled` are the
   * arrivals of the mix, warm-up included, by operation.
   */
  notes?(scheduled: Readonly<Record<OperationName, number>>, population: Population): readonly string[]
  /** The skew of the traffic, for the honest line. */
  readonly skew: string
  /** What the text draws or names and nothing here does, one line each, with the rows. Absent: nothing is known of. */
  readonly notImplemented?: readonly string[]
  /** Named comparisons of design decisions, for `arch experiment`. */
  readonly experiments: Readonly<Record<string, Experiment>>
  /** Parts that run by themselves; the first is what runs where no flag says which. Absent: the case is one whole. */
  readonly suites?: Readonly<Record<SuiteName, Suite>>
  /** Of a case that was narrowed to one of its suites (session/suites.ts). */
  readonly suite?: {
    readonly name: SuiteName
    readonly variants: readonly VariantName[]
    readonly queries?: QuerySuite
    readonly drain?: DrainTarget
  }
}
