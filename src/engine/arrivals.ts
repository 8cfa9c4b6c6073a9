import type { Arrival } from '../core/operation.ts'
import { deriveSeed, random01, random53 } from '../core/random.ts'
import { arrivalsOf } from './schedule.ts'
import type { PhasePlan, SchedulePlan, StreamPlan } from './schedule.ts'
import { shapeInverse } from './shape.ts'

/** The state of one stream: its next arrival, computed from the one before without storing any. */
interface StreamCursor {
  readonly plan: StreamPlan
  readonly total: number
  /** Index of the arrival at `offset`; `total` when there is none left. */
  index: number
  readonly timeSeed: number
  readonly choiceSeed: number
  /** The share of the window that lies after the current arrival (Poisson only). */
  remaining: number
  readonly inverse: ((share: number) => number) | undefined
}

/**
 * The merged sequence of all arrivals of a run, seen by one worker. It stands on one arrival at a time; standing on
 * the next costs no allocation. All workers walk the same sequence (design.md, law 1).
 */
export interface ArrivalWalker {
  /** Steps to this worker's next arrival; false when there is none. */
  next(): boolean
  /** Microseconds from the start of the run to the intended start of the current arrival. */
  atMicros: number
  /** The number of the current arrival over the whole run. */
  number: number
  /** The position of the current arrival's operation in `operations`. */
  operation: number
  /** The current arrival as an object of its own. */
  arrival(): Arrival
}

function cursorOf(plan: SchedulePlan, phase: PhasePlan, stream: StreamPlan): StreamCursor {
  const label = `${phase.phase}/${stream.operation}/${stream.stream}`
  return {
    plan: stream,
    total: arrivalsOf(stream, phase.seconds),
    index: -1,
    timeSeed: deriveSeed(plan.seed, `arrival times/${label}`),
    choiceSeed: deriveSeed(plan.seed, `arrival choices/${label}`),
    remaining: 1,
    inverse: stream.shape === undefined ? undefined : shapeInverse(stream.shape),
  }
}

/**
 * Offset of the next arrival of a stream in whole microseconds, Infinity after the last. Poisson arrivals given their
 * number N are N sorted uniforms; the recurrence draws each from the one before, so nothing is stored.
 */
function step(cursor: StreamCursor, poisson: boolean, windowMicros: number): number {
  cursor.index += 1
  const left = cursor.total - cursor.index
  if (left <= 0) return Infinity
  let share: number
  if (poisson) {
    cursor.remaining *= (1 - random01(cursor.timeSeed, cursor.index)) ** (1 / left)
    share = 1 - cursor.remaining
  } else {
    share = cursor.index / cursor.total
  }
  const place = cursor.inverse === undefined ? share : cursor.inverse(share)
  return Math.min(Math.round(place * windowMicros), windowMicros - 1)
}

/**
 * Walks the arrivals of `plan` whose number is `worker` modulo `workers`, in order of their intended start (ties by
 * the order of phases and streams in the plan). `operations` gives names their positions.
 */
export function walkArrivals(
  plan: SchedulePlan,
  operations: readonly string[],
  worker: number,
  workers: number,
): ArrivalWalker {
  const poisson = plan.process === 'poisson'
  let phaseIndex = -1
  let phase: PhasePlan | undefined
  let phaseStart = 0
  let windowMicros = 0
  /** Microseconds of the phase before its pause, and of the pause: what comes later comes so much later. */
  let pauseAfter = Infinity
  let pauseMicros = 0
  let offsetMicros = 0
  let cursors: StreamCursor[] = []
  let positions = new Int32Array(0)
  let offsets = new Float64Array(0)
  let current: StreamCursor | undefined
  let currentSlot = -1

  function enterPhase(): boolean {
    phaseStart += windowMicros + pauseMicros
    phaseIndex += 1
    phase = plan.phases[phaseIndex]
    if (phase === undefined) return false
    const entered = phase
    windowMicros = entered.seconds * 1e6
    pauseAfter = (entered.pause?.afterSeconds ?? Infinity) * 1e6
    pauseMicros = (entered.pause?.seconds ?? 0) * 1e6
    cursors = entered.streams.map((stream) => cursorOf(plan, entered, stream))
    positions = Int32Array.from(entered.streams, (stream) => operations.indexOf(stream.operation))
    offsets = Float64Array.from(cursors, (cursor) => step(cursor, poisson, windowMicros))
    return true
  }

  /** Steps to the next arrival of all workers. */
  function advance(): boolean {
    if (current !== undefined) offsets[currentSlot] = step(current, poisson, windowMicros)
    for (;;) {
      let best = Infinity
      currentSlot = -1
      for (let slot = 0; slot < offsets.length; slot += 1) {
        const offset = offsets[slot] as number
        if (offset < best) {
          best = offset
          currentSlot = slot
        }
      }
      if (currentSlot >= 0) {
        current = cursors[currentSlot]
        walker.number += 1
        offsetMicros = best
        walker.atMicros = phaseStart + best + (best < pauseAfter ? 0 : pauseMicros)
        return true
      }
      current = undefined
      if (!enterPhase()) return false
    }
  }

  const walker: ArrivalWalker = {
    number: -1,
    atMicros: 0,
    operation: -1,
    next() {
      while (advance()) {
        if (walker.number % workers === worker) {
          walker.operation = positions[currentSlot] ?? -1
          return true
        }
      }
      return false
    },
    arrival() {
      if (current === undefined || phase === undefined)
        throw new RangeError('the walker stands on no arrival')
      return {
        number: walker.number,
        index: current.index,
        phase: phase.phase,
        stream: current.plan.stream,
        offsetMicros,
        random: random53(current.choiceSeed, current.index),
      }
    },
  }
  return walker
}
