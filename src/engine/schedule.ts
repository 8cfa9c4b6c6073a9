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

/** A time in the middle of a phase in which nothing arrives, since another run has the machine (law 8). */
export interface PausePlan {
  /** Seconds of the phase before it. */
  readonly afterSeconds: number
  readonly seconds: number
}

/** One phase of the run. Phases follow each other without a gap. */
export interface PhasePlan {
  readonly phase: Phase
  /** Without the pause, which counts for nothing: neither in rates nor in an arrival's offset. */
  readonly seconds: number
  readonly streams: readonly StreamPlan[]
  readonly pause?: PausePlan
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

/** Microseconds that a phase takes, its pause included. */
function spanMicros(phase: PhasePlan): number {
  return (phase.seconds + (phase.pause?.seconds ?? 0)) * 1e6
}

/** Microseconds from the start of the run to the start of `phase`; to the end of the run when no such phase is planned. */
export function phaseStartMicros(plan: SchedulePlan, phase: Phase): number {
  let micros = 0
  for (const candidate of plan.phases) {
    if (candidate.phase === phase) return micros
    micros += spanMicros(candidate)
  }
  return micros
}

/** Microseconds from the start of the run to the end of its last phase. */
export function runMicros(plan: SchedulePlan): number {
  return plan.phases.reduce((total, phase) => total + spanMicros(phase), 0)
}

/** When the measured window pauses, in microseconds from the start of the run; empty, at its end, where it does not. */
export function pauseMicros(plan: SchedulePlan): { readonly from: number; readonly to: number } {
  const pause = plan.phases.find(({ phase }) => phase === 'measure')?.pause
  if (pause === undefined) return { from: Infinity, to: Infinity }
  const from = phaseStartMicros(plan, 'measure') + pause.afterSeconds * 1e6
  return { from, to: from + pause.seconds * 1e6 }
}
