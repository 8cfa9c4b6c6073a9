import type { Cost } from './cost.ts'
import type { FailureKind } from './errors.ts'
import type { DefectId, FlowName, OperationName, PartName, RequirementId } from './names.ts'
import type { Quantity } from './model.ts'

/** Which part of a run an arrival belongs to, by its intended start. */
export type Phase = 'warmup' | 'measure'

/**
 * Why an arrival exists: the documented `mix`, a `probe` that gives a rare operation enough samples (law 5),
 * or a `surge` that a profile adds on top (`viral`: 2,000 likes a second on one post).
 */
export type Stream = 'mix' | 'probe' | 'surge'

/** One arrival, fixed before the run by (seed, rates, process): design.md, law 1. */
export interface Arrival {
  /** Counts all arrivals of the run over all phases, operations and streams, from 0. */
  readonly number: number
  /** Counts the arrivals of this operation and stream in this phase, from 0. */
  readonly index: number
  readonly phase: Phase
  readonly stream: Stream
  /** Microseconds from the start of the phase. */
  readonly offsetMicros: number
  /** 53 bits, a pure function of (seed, phase, operation, stream, index): the root of this arrival's choices. */
  readonly random: number
}

/** What `run` is handed beside its input. */
export interface Context {
  /** `performance.now()` milliseconds after which nobody waits for the answer. */
  readonly deadlineAt: number
  /** Aborts at the deadline or when the run is interrupted. Created on first use. */
  readonly signal: AbortSignal
  readonly cost: Cost
  /** A named place where a test may hold or kill the process; free when none is armed. */
  faultPoint(name: string): Promise<void> | void
}

/** A bound on an operation, part or flow. `percentile` 99 means p99. */
export interface Target {
  readonly part?: PartName
  readonly percentile: number | 'max'
  readonly belowMs: number
  readonly claims?: readonly RequirementId[]
}

/** What a check saw that must not be. */
export interface Violation {
  readonly message: string
}

/** An invariant on one response, or on a chain of them, as it arrives. */
export interface Check<Input, Output, World> {
  readonly name: string
  readonly claims: readonly RequirementId[]
  readonly defects: readonly DefectId[]
  /** `undefined`: nothing to check here (not counted); `true`: held; a violation otherwise. */
  check(input: Input, output: Output, world: World): Violation | true | undefined
}

/** What a write says to the witness before it runs: names and decimal strings, never floats. */
export type JournalKeys = Readonly<Record<string, string | number | boolean>>

/** One thing that the application does, and the traffic that does it. `Input` is pure in (seed, arrival). */
export interface Operation<Application, World, Input, Output> {
  readonly name: OperationName
  readonly claims: readonly RequirementId[]
  readonly kind: 'read' | 'write'
  /** At scale 1, in units. */
  readonly rate: Quantity
  /** One arrival may carry many units (an SDK batch): rates are in units, latency per arrival. Default 1. */
  readonly unitsPerArrival?: number
  readonly targets: readonly Target[]
  /**
   * The expected share of each part among the arrivals of the mix: the sample rule needs it. 0 for a part that only a
   * profile's surge brings about: its targets are judged when it has samples, and else skipped and said so.
   */
  readonly parts?: Readonly<Record<PartName, { readonly expectedShare: number }>>
  /** The share of arrivals that the application is expected to refuse, [lowest, highest]. Default [0, 0.001]. */
  readonly refusalShare?: readonly [number, number]
  readonly checks?: readonly Check<Input, Output, World>[]
  input(arrival: Arrival, world: World): Input
  run(application: Application, input: Input, context: Context): Promise<Output>
  part?(input: Input, output: Output): PartName
  /** For writes: what the journal records before the operation starts. */
  journal?(input: Input): JournalKeys
  /** For writes: what the journal records when it succeeded, beside the keys (ids that the application made). */
  outcome?(input: Input, output: Output): JournalKeys
  /**
   * The id that a later arrival may refer to: the engine puts it into `Results` under `key`, which `input` computed from
   * the arrival by `arrivalKey`, so that the later arrival can name it without knowing its number.
   */
  result?(input: Input, output: Output): ArrivalResult | undefined
  /** The flows that a success begins, and the key under which the ends of each will be observed. */
  flows?(
    input: Input,
    output: Output,
  ): { readonly flows: readonly FlowName[]; readonly key: string } | undefined
}

/** An operation whose application, world, input and output types have been forgotten: what the engine handles. */
export type AnyOperation = Operation<unknown, unknown, unknown, unknown>

/** Forgets an operation's type parameters, which only its own functions need to agree on. */
export function erase<Application, World, Input, Output>(
  operation: Operation<Application, World, Input, Output>,
): AnyOperation {
  return operation
}

/** An id that an arrival made, and the key under which later arrivals look for it. */
export interface ArrivalResult {
  readonly key: number
  readonly id: bigint
}

/**
 * The key of an arrival's result: a safe integer, unique in a run, and pure. `code` (below 2^15) tells apart the
 * operations whose results are referred to; `index` (below 2^32) is the arrival's own.
 */
export function arrivalKey(code: number, phase: Phase, stream: Stream, index: number): number {
  const streamCode = stream === 'mix' ? 0 : stream === 'probe' ? 1 : 2
  return ((code * 2 + (phase === 'warmup' ? 0 : 1)) * 4 + streamCode) * 2 ** 32 + index
}

/** The ids that earlier arrivals made, shared by all workers so that inputs do not depend on `--workers`. */
export interface Results {
  /** The id kept under `key` (a safe integer, sparse), or undefined while it is unknown (not finished, failed, long ago). */
  get(key: number): bigint | undefined
  set(key: number, id: bigint): void
}

/** How far each operation has come at a time, by the plan: what an arrival that names an earlier one needs. */
export interface Pace {
  /**
   * The expected number of arrivals of the operation's `mix` in `phase` before `offsetMicros` (rate and shape
   * integrated; the phase's total beyond its end).
   */
  expected(operation: OperationName, phase: Phase, offsetMicros: number): number
  /** The length of a phase in microseconds. */
  lengthMicros(phase: Phase): number
}

/** How an arrival ended. A dropped one never started. */
export type Outcome = 'ok' | 'refused' | 'dropped' | FailureKind

/** Work that an operation begins and that ends elsewhere; ends are observed by key, in any process. */
export interface Flow {
  readonly name: FlowName
  readonly claims: readonly RequirementId[]
  readonly targets: readonly Target[]
  /** Expected ends per second of the flow at scale 1, for the sample rule. */
  readonly rate: Quantity
}

/**
 * One observed end of a flow. A key is complete when its parts 0..of-1 have each been seen; a part whose effect
 * happened twice is `doubled`; a key that a success began and that is incomplete after the drain is `missing`.
 */
export interface FlowEnd {
  readonly flow: FlowName
  readonly key: string
  readonly part: number
  readonly of: number
  /** Samples that this end stands for (feeds reached); they share its latency. May be 0. */
  readonly weight: number
  /** `process.hrtime` microseconds. */
  readonly atMicros: number
}
