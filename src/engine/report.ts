import type { Cost } from '../core/cost.ts'
import type { FlowName, OperationName, PartName } from '../core/names.ts'
import type { Outcome, Phase, Stream } from '../core/operation.ts'

/** A latency histogram as plain data: HdrHistogram V2 (compressed, base64) in microseconds, 1 us to 120 s, 3 digits. */
export interface EncodedHistogram {
  readonly v2: string
  readonly count: number
  readonly maxMicros: number
  /** Samples outside the range, which were recorded at its nearest end. */
  readonly clamped: number
}

/**
 * What is timed of an arrival (design.md, section 2). `sinceHandOver` is response time less dispatch lag, for the
 * double judgement of law 4. `dispatchLag` and `queueWait` hold every arrival that got so far, the others those that
 * ended `ok`. `connectionHold` is how long these held connections of a pool, and absent where they held none.
 */
export type Measure =
  | 'response'
  | 'service'
  | 'dispatchLag'
  | 'queueWait'
  | 'sinceHandOver'
  | 'connectionHold'

/** A measure without samples is absent. */
export type Measures = Readonly<Partial<Record<Measure, EncodedHistogram>>>

/** How many arrivals ended in which way. */
export type OutcomeCounts = Readonly<Record<Outcome, number>>

/** Arrivals of one operation for one reason. `offered` and `achieved` count what fell inside the phase's window, or its half. */
export interface StreamCount {
  readonly stream: Stream
  /** What the seed put in the window, over all workers. */
  readonly scheduled: number
  /** Handed to the application before the window ended. */
  readonly offered: number
  /** Answered (`ok` or `refused`) before the window ended. */
  readonly achieved: number
}

/** What one check saw. */
export interface CheckReport {
  readonly name: string
  readonly checked: number
  readonly violations: number
  /** At most ten, each with the number of its arrival. */
  readonly examples: readonly string[]
}

/** The ok arrivals of one part of an operation. */
export interface PartReport {
  readonly part: PartName
  readonly count: number
  readonly measures: Measures
  /** Summed over the part's ok arrivals. */
  readonly cost: Cost
}

/** One distinct message of failures that no store client could classify. */
export interface FailureExample {
  readonly message: string
  readonly count: number
}

/** Everything recorded of one operation in one phase, by one worker or merged over all. */
export interface OperationReport {
  readonly operation: OperationName
  readonly phase: Phase
  readonly streams: readonly StreamCount[]
  readonly outcomes: OutcomeCounts
  /** Those of the drops whose deadline had passed when they were handed over: the generator's doing, not a full queue. */
  readonly droppedAtHandOver: number
  /** Started in the window, or in a half of it, and not ended in it. */
  readonly inFlightAtEnd: number
  /** Still running or queued when an interrupted run stopped waiting; they count as nothing. */
  readonly unfinished: number
  /** Arrivals for which a seeded entity stood in (law 7). */
  readonly standIns: number
  readonly measures: Measures
  /** Response times of refusals; absent when there were none. */
  readonly refusals?: EncodedHistogram
  readonly parts: readonly PartReport[]
  readonly checks: readonly CheckReport[]
  /** The first five distinct messages of `unexpected` failures. */
  readonly unexpected: readonly FailureExample[]
  /** Summed over all arrivals that ended. */
  readonly cost: Cost
}

/** What a worker answers when its load is done. Plain data: it crosses threads by structured clone. */
export interface WorkerReport {
  readonly worker: number
  readonly interrupted: boolean
  /** From the start of the measured window to its end as planned, or as it was when interrupted or closed loop. */
  readonly measuredSeconds: number
  /** From the end of the measured window until nothing was waited for any more. */
  readonly drainSeconds: number
  readonly operations: readonly OperationReport[]
}

/** One operation in one second of one worker. `fine` holds pairs (bucket, count) of the interval histogram. */
export interface SecondOfOperation {
  readonly operation: OperationName
  readonly offered: number
  readonly ok: number
  readonly refused: number
  readonly failed: number
  readonly dropped: number
  readonly maxMicros: number
  readonly fine: readonly number[]
}

/** One second of one worker; operations without events are left out. Seconds before the measured window are negative. */
export interface SecondReport {
  readonly worker: number
  readonly second: number
  readonly operations: readonly SecondOfOperation[]
}

/** A success that began work which ends elsewhere. */
export interface FlowBegun {
  readonly flow: FlowName
  readonly key: string
  /** `process.hrtime` microseconds of the arrival's intended start. */
  readonly intendedMicros: number
  readonly phase: Phase
}
