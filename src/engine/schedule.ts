import type { OperationName } from '../core/names.ts'
import type { Phase, Stream } from '../core/operation.ts'
import type { ShapePoint } from '../core/workload.ts'
import { shapeArea } from './shape.ts'

/** How arrivals are spread over a window: independent callers, or a metronome. */
export type ArrivalProcess = 'poisson' | 'uniform'

/** The arrivals of one operation for one reason. */
export interface StreamPlan {
  readonly operation: OperationName
  readonly stream: Stream
  /** Arrivals a second (not units) where the shape's factor is 1. */
  readonly perSecond: number
  /** Piecewise linear factor over the phase; steady when absent. */
  readonly shape?: readonly ShapePoint[]
}

/** One phase of the run. Phases follow each other without a gap. */
export interface PhasePlan {
  readonly phase: Phase
  readonly seconds: number
  readonly streams: readonly StreamPlan[]
}

/** All that fixes the arrivals of a run, before it starts: design.md, law 1. Plain data, the same for every worker. */
export interface SchedulePlan {
  readonly seed: number
  readonly process: ArrivalProcess
  readonly phases: readonly PhasePlan[]
}

/** How many arrivals the seed puts in a phase for one operation and stream. */
export interface ScheduledCount {
  readonly phase: Phase
  readonly operation: OperationName
  readonly stream: Stream
  readonly scheduled: number
}

/** The number of arrivals of a stream in a window of `seconds`: N = round(rate x seconds), shape included. */
export function arrivalsOf(stream: StreamPlan, seconds: number): number {
  return Math.round(stream.perSecond * seconds * shapeArea(stream.shape))
}

/** Every stream's scheduled arrivals, over all workers. */
export function counts(plan: SchedulePlan): ScheduledCount[] {
  return plan.phases.flatMap(({ phase, seconds, streams }) =>
    streams.map((stream) => ({
      phase,
      operation: stream.operation,
      stream: stream.stream,
      scheduled: arrivalsOf(stream, seconds),
    })),
  )
}

/** Microseconds from the start of the run to the start of `phase`; to the end of the run when no such phase is planned. */
export function phaseStartMicros(plan: SchedulePlan, phase: Phase): number {
  let micros = 0
  for (const candidate of plan.phases) {
    if (candidate.phase === phase) return micros
    micros += candidate.seconds * 1e6
  }
  return micros
}
