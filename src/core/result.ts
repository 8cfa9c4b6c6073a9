import type { StrategyChoice } from './strategy.ts'
import type { AuditState } from './audit.ts'
import type { ExitCode, Verdict } from './exit.ts'
import type { FailureKind } from './errors.ts'
import type { Origin } from './model.ts'
import type { ProviderName, StoreFacts, Topology } from './store.ts'
import type { Stream } from './operation.ts'
import type { DrainTarget } from './suite.ts'
import type { VariantName } from './names.ts'

/**
 * The saved result of a run: plain nested values, as they stand in result.json. Ids are decimal strings, durations
 * milliseconds unless the name says otherwise, instants ISO 8601 in UTC; `null` is "there is none". Optional
 * properties are not used, so that whoever assembles a result forgets nothing.
 */

/** The summary of a histogram, in milliseconds. All 0 where `count` is 0. */
export interface Percentiles {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Units per second (design.md, section 2: rate). `documented` is at scale 1. */
export interface Rates {
  readonly documented: number
  readonly target: number
  readonly scheduled: number
  readonly offered: number
  readonly achieved: number
}

/** A bound and what was observed, judged on all arrivals (law 2) and again less dispatch lag (law 4). */
export interface TargetResult {
  readonly percentile: number | 'max'
  readonly belowMs: number
  /** `flag` when `--target` added or tightened it. */
  readonly from: 'model' | 'flag'
  readonly claims: readonly string[]
  /** Null where the percentile falls on an arrival that never answered, or on no arrival at all. */
  readonly observedMs: number | null
  readonly met: boolean
  readonly metLessDispatchLag: boolean
  /** False: the machine was starved, or the samples are too few; such a run is VOID. */
  readonly decided: boolean
  readonly samples: number
  /** The fewest samples that can decide it: 10/(1-p). */
  readonly needed: number
}

/** The mean cost of one completed operation, as the store clients counted it. */
export interface CostResult {
  readonly roundTrips: number
  readonly statements: number
  readonly rows: number
  readonly bytes: number
  readonly roundTripsByStore: Readonly<Record<string, number>>
}

export interface CheckResult {
  readonly name: string
  readonly claims: readonly string[]
  readonly defects: readonly string[]
  readonly checked: number
  readonly violations: number
  readonly examples: readonly string[]
}

/** One second of the window, by intended start. `buckets` are counts below `Result.timelineBoundsMs`, the last above. */
export interface TimelineSecond {
  readonly second: number
  readonly ok: number
  readonly failed: number
  readonly refused: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly buckets: readonly number[]
}

/** A labelled subset of an operation. `expectedShare` is of the operation's arrivals. */
export interface PartResult {
  readonly name: string
  readonly count: number
  readonly expectedShare: number | null
  readonly responseMs: Percentiles
  readonly targets: readonly TargetResult[]
  readonly cost: CostResult | null
  readonly histogram: string
}

export interface OperationResult {
  readonly name: string
  readonly kind: 'read' | 'write'
  readonly claims: readonly string[]
  /** Where the rate comes from; `source` is a requirement, the arithmetic, or the reason. */
  readonly origin: Origin
  readonly source: string
  readonly rates: Rates
  /** Measured arrivals of all streams: ok + refused + failed + dropped. */
  readonly count: number
  readonly streams: Readonly<Record<Stream, number>>
  readonly ok: number
  readonly refused: number
  readonly dropped: number
  /** Arrivals for which a seeded entity stood in, since the earlier result that they name was not there (law 7). */
  readonly standIns: number
  readonly failed: Readonly<Record<FailureKind, number>>
  readonly refusalShare: { readonly observed: number; readonly lowest: number; readonly highest: number }
  /** Of answers that are no refusals. */
  readonly responseMs: Percentiles
  readonly refusedMs: Percentiles
  readonly serviceMs: Percentiles
  readonly dispatchLagMs: Percentiles
  readonly queueWaitMs: Percentiles
  /** How long an operation held connections of a pool, where the store's client has one. */
  readonly connectionHoldMs: Percentiles
  readonly targets: readonly TargetResult[]
  readonly parts: readonly PartResult[]
  readonly checks: readonly CheckResult[]
  readonly cost: CostResult | null
  readonly errors: readonly { readonly message: string; readonly count: number }[]
  /** Response time in microseconds: HdrHistogram V2, compressed, base64. */
  readonly histogram: string
  readonly timeline: readonly TimelineSecond[]
}

export interface FlowResult {
  readonly name: string
  readonly claims: readonly string[]
  readonly expected: number
  readonly completed: number
  readonly missing: number
  readonly doubled: number
  readonly latencyMs: Percentiles
  readonly targets: readonly TargetResult[]
  readonly histogram: string
}

export interface AuditResult {
  readonly name: string
  readonly claims: readonly string[]
  readonly defects: readonly string[]
  readonly state: AuditState
  readonly checked: number
  readonly violations: number
  readonly examples: readonly string[]
  readonly note: string | null
  readonly seconds: number
}

/** Whether the load generator may be believed (law 4), and what it costs by itself. */
export interface GeneratorResult {
  readonly valid: boolean
  readonly reasons: readonly string[]
  readonly watchdogLagMs: Percentiles
  /** Of a short run of no-op operations on this machine; null where it was not measured. */
  readonly noiseFloor: { readonly nanosecondsPerArrival: number; readonly dispatchLagMs: Percentiles } | null
}

/** One execution of a query: by the client's clock and by the engine's. */
export interface QueryRunResult {
  readonly clientMs: number
  readonly engineMs: number
  readonly rowsRead: number
  readonly bytesRead: number
}

/** A bound on the slowest of a query's runs. */
export interface QueryTargetResult {
  readonly belowMs: number
  /** The rows of the table that the bound is about. */
  readonly ofRows: number
  readonly claims: readonly string[]
  /** The slowest run; scaled to `ofRows` where `extrapolated`; null where a run failed or is missing. */
  readonly observedMs: number | null
  readonly extrapolated: boolean
  readonly met: boolean
  /** False where the table's size is another than the bound's, so that nothing is claimed. */
  readonly decided: boolean
}

/** A query by the protocol of ClickBench: once cold, then twice hot. */
export interface QueryResult {
  readonly name: string
  readonly question: string
  readonly claims: readonly string[]
  readonly cold: QueryRunResult | null
  readonly hot: readonly QueryRunResult[]
  /** Rows of the answer. */
  readonly rows: number
  /** What the index leaves of the table; null where it was not asked. */
  readonly granules: { readonly read: number; readonly total: number } | null
  readonly targets: readonly QueryTargetResult[]
  /** What the engine said where a run failed. */
  readonly failure: string | null
}

/** A bound of the drain, and what became of it. */
export interface DrainResult extends DrainTarget {
  readonly met: boolean
  /** False when nobody can tell: it was missed while the machine was starved. */
  readonly decided: boolean
}

/** The queries of a suite, and the table that they were asked about. */
export interface QueriesResult {
  /** What cold and hot mean. */
  readonly protocol: string
  readonly rows: number
  readonly bytesOnDisk: number
  /** Before compression. */
  readonly bytesRaw: number
  readonly results: readonly QueryResult[]
}

/** Records of a log that a consumer group had yet to read, looked at about once a second from the window's first second on. */
export interface ConsumerLagResult {
  readonly group: string
  readonly samples: number
  readonly max: number
  /** When the last arrival had been answered, before the drain; null where nobody could say. */
  readonly atEnd: number | null
}

/** A process of ours. `cpuShare` is of one core over the window; `exitCode` null while it ended by a signal. */
export interface RoleResult {
  readonly name: string
  readonly cpuSeconds: number
  readonly cpuShare: number
  readonly exitCode: number | null
}

export interface MachineResult {
  readonly platform: string
  readonly cores: number
  readonly model: string
  readonly memoryBytes: number
  readonly node: string
  readonly loadAverageStart: readonly number[]
  readonly loadAverageEnd: readonly number[]
}

/** What one run was, did, found and concluded: `schema` arch.result/1. */
export interface Result {
  readonly schema: 'arch.result/1'
  readonly arch: { readonly version: string; readonly commit: string | null }
  readonly workload: string
  readonly title: string
  readonly variant: VariantName
  /** As-written: what was changed so that the text runs at all. */
  readonly changes: readonly string[]
  readonly strategies: StrategyChoice
  readonly profile: string
  /** The part of the case that ran; absent where the case is one whole. */
  readonly suite?: string
  readonly via: 'direct'
  readonly loop: 'open' | 'closed'
  /** Of a closed loop; null in an open one. */
  readonly concurrency: number | null
  readonly arrival: 'poisson' | 'uniform'
  readonly workers: number
  readonly seed: number
  readonly scale: string
  /** What was asked for; `stores` says what each has. */
  readonly topology: Topology
  readonly provider: ProviderName | 'auto'
  readonly population: {
    readonly size: number
    readonly unit: string
    /** At scale 1, from the text. */
    readonly documented: number
    /** `size` as a share of documented x scale. */
    readonly share: number
  }
  readonly skew: string
  readonly seedSummary: string
  readonly startedAt: string
  readonly endedAt: string
  /** Interrupted or ended early: the figures are of the part that ran. */
  readonly partial: boolean
  readonly phases: {
    readonly warmupSeconds: number
    readonly measureSeconds: number
    readonly drainSeconds: number
    /** The bound of the drain, where the suite has one and the run came to its end. */
    readonly drain?: DrainResult
  }
  /** The course of the run: up, provision, seed, warm up ... */
  readonly steps: readonly { readonly name: string; readonly seconds: number; readonly summary: string }[]
  readonly rates: Rates
  /** Reads as a share of all arrivals of the mix. */
  readonly mix: { readonly readShare: number; readonly expected: number }
  readonly slots: number
  /** Connections of each load worker to a store whose client pools them; absent in results of before it was told. */
  readonly poolSize?: number
  readonly probes: number
  readonly errorBudget: number
  readonly operations: readonly OperationResult[]
  readonly flows: readonly FlowResult[]
  /** Of a suite of queries, which has no operations. */
  readonly queries?: QueriesResult
  readonly audits: readonly AuditResult[]
  /** Upper ends of the timeline's buckets. */
  readonly timelineBoundsMs: readonly number[]
  readonly generator: GeneratorResult
  readonly stores: readonly StoreFacts[]
  readonly cacheRatios: readonly { readonly name: string; readonly hits: number; readonly lookups: number }[]
  readonly consumerLag: readonly ConsumerLagResult[]
  readonly roles: readonly RoleResult[]
  readonly machine: MachineResult
  readonly assumptions: readonly {
    readonly name: string
    readonly value: number
    readonly unit: string
    readonly why: string
  }[]
  /** Why the verdict is what it is, one line each; empty for PASS. */
  readonly reasons: readonly { readonly verdict: Verdict; readonly reason: string }[]
  readonly verdict: Verdict
  readonly exitCode: ExitCode
}
