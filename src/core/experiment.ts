import type { DefectId, RequirementId, RoleName, StoreName, VariantName } from './names.ts'
import type { Address, Stores, Topology } from './store.ts'
import type { LoadHost } from './suite.ts'
import type { Population } from './population.ts'
import type { StrategyChoice } from './strategy.ts'

/** A name in a table, and what it stands for; '' for one that speaks for itself. */
export interface Named {
  readonly name: string
  readonly description: string
}

/** A figure that every trial of an experiment answers. */
export interface ExperimentColumn {
  readonly name: string
  /** In the unit: `orders/s`, `p99 ms`. */
  readonly title: string
  readonly kind: 'count' | 'rate' | 'milliseconds' | 'ratio'
  /** How rounds become one figure: default their median. The extremes are always of single rounds. */
  readonly over?: 'median' | 'total'
  /** Whether its spread over the rounds is worth showing. */
  readonly spread: boolean
  /** Columns of the highest number are left out first where the terminal is narrow; 0 stays. */
  readonly dispensable: number
}

/** What the rows are measured under. */
export interface Pattern extends Named {
  /** Where they are not those of the experiment: what else is measured about the same data. */
  readonly rows?: readonly Named[]
  readonly columns?: readonly ExperimentColumn[]
  /** What a second look would find the same, as sizes, is looked at once. */
  readonly once?: boolean
}

/** One trial: a row under a pattern, in a round. The same round asks the same of every row. */
export interface Trial {
  readonly row: string
  readonly pattern: string
  readonly round: number
  /** One that does one thing, where the experiment has no clients. */
  readonly clients: number
  /** What each client does, one after the other: a closed loop. */
  readonly perClient: number
  readonly seed: number
  readonly signal: AbortSignal
}

/** The figures of one trial, by the name of the column; what a row has no figure for is left out. */
export type Readings = Readonly<Record<string, number>>

/** What an experiment may do to the nodes of its stores, where `arch` runs them. */
export interface StoreNodes {
  /** Ends the node that listens there by force; gone when it resolves. @throws ArchError where there is none of ours */
  kill(store: StoreName, at: Address): Promise<void>
  /** Starts what was killed; every store is whole when it resolves. @throws ArchError */
  restore(): Promise<void>
}

/** A role of the case that is to die. */
export interface DoomedRole {
  readonly variant: VariantName
  readonly role: RoleName
  readonly population: Population
  readonly choice: StrategyChoice
  /** The fault point where it does. */
  readonly at: string
}

/** Work that is offered in an open loop: each piece at a moment that is fixed before, whatever becomes of the others. */
export interface OfferedLoad {
  /** Poisson arrivals. */
  readonly perSecond: number
  readonly seconds: number
  /** Before them, at the same rate: recorded nowhere. */
  readonly warmupSeconds: number
  readonly seed: number
  /** How many pieces are under way at a time; others wait, and waiting is part of their latency. */
  readonly slots: number
  readonly signal: AbortSignal
  /** One piece. @param number counts all of them, from 0 @throws OperationFailure, which is data */
  work(number: number): Promise<void>
}

/**
 * What became of offered work. Latencies are milliseconds from the intended start over all that was offered: what failed,
 * or was not begun within 5 s, is over any bound, and a percentile that lies among those is Infinity.
 */
export interface OfferedReport {
  /** Pieces that were offered in the window, and that were done in it, a second. */
  readonly offeredPerSecond: number
  readonly achievedPerSecond: number
  readonly offered: number
  readonly failed: number
  /** Not begun within 5 s. */
  readonly dropped: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  /** How late pieces were handed over: this process's own fault. */
  readonly lagP99: number
}

/** What an experiment is handed beside its stores. */
export interface ExperimentHost extends LoadHost {
  readonly nodes: StoreNodes
  /** Offers work from this process, by the arrivals of the load engine and into its histograms. */
  offer(load: OfferedLoad): Promise<OfferedReport>
  /**
   * Runs a role in a process of its own, which ends itself as kill -9 does when it comes to a fault point: it has when
   * this resolves. @throws ArchError where it has not within a minute
   */
  killRole(doomed: DoomedRole): Promise<void>
}

/** An experiment whose data is there. */
export interface RunningExperiment {
  /** Measures once; what a trial changes, it changes on a clone of the data of its own. */
  measure(trial: Trial): Promise<Readings>
  /** Drops what it made. The stores stay open. */
  close(): Promise<void>
}

/** What the figures say of claims and defects of the text. */
export interface Finding {
  readonly claims: readonly RequirementId[]
  readonly defects?: readonly DefectId[]
  readonly text: string
}

/**
 * A named comparison of design decisions: rows (the designs) under patterns (the demand), each measured several times in
 * turns, A B C ... C B A (design.md, law 8). Where two designs are measured in one trial, the rows are what is asked of
 * both. It explains; it passes no verdict, since its loop is closed.
 */
export interface Experiment {
  readonly title: string
  /** What it compares, in a sentence or two. */
  readonly compares: string
  readonly stores: readonly StoreName[]
  /** The only topology that it can be run on; default any. */
  readonly topology?: Topology
  readonly rows: readonly Named[]
  readonly patterns: readonly Pattern[]
  readonly columns: readonly ExperimentColumn[]
  readonly defaults: {
    /** Of a closed loop; without it an experiment asks one thing after the other, and knows no such flags. */
    readonly loop?: { readonly clients: number; readonly perClient: number }
    readonly rounds: number
    readonly population: number
  }
  open(stores: Stores, population: Population, host: ExperimentHost): Promise<RunningExperiment>
  /** Computed from the figures alone; rows are missing after an interruption. */
  findings?(rows: readonly ExperimentRow[]): readonly Finding[]
}

/** A figure over all rounds. */
export interface Reading {
  /** Of a column of totals, the total. */
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

/** A row under a pattern: every column over all rounds. */
export interface ExperimentRow {
  readonly row: string
  readonly pattern: string
  /** Fewer than asked for when it was interrupted. */
  readonly rounds: number
  readonly readings: Readonly<Record<string, Reading>>
}
