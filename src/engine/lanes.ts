import type { AnyOperation, Phase, Target } from '../core/operation.ts'
import { newDeque } from './deque.ts'
import type { Deque } from './deque.ts'
import type { Flight } from './flight.ts'
import { newRecord } from './recorder.ts'
import type { OperationRecord } from './recorder.ts'
import type { SecondRecord } from './seconds.ts'
import { settleExpired } from './settle.ts'

const SHORTEST_DEADLINE_MICROS = 5e6
const TIGHTEST_BOUNDS = 10

/** An operation in one worker, with all that dispatch keeps of it. */
export interface Lane {
  readonly operation: AnyOperation
  readonly records: Readonly<Record<Phase, OperationRecord>>
  readonly second: SecondRecord
  readonly deadlineMicros: number
  /** Flights in order of hand-over, which is the order of their deadlines; ended ones leave once they are the oldest. */
  readonly flights: Deque<Flight>
}

/**
 * Microseconds from an arrival's intended start after which nobody waits for it: the larger of 5 s and ten times the
 * operation's tightest bound (design.md, law 2).
 */
function deadlineMicros(targets: readonly Target[]): number {
  const tightestMs = Math.min(...targets.map((target) => target.belowMs))
  const fromBound = Number.isFinite(tightestMs) ? tightestMs * TIGHTEST_BOUNDS * 1e3 : 0
  return Math.max(SHORTEST_DEADLINE_MICROS, fromBound)
}

/** An empty lane; `windowEnds` are the ends of the phases' windows on the clock. */
export function newLane(
  operation: AnyOperation,
  second: SecondRecord,
  windowEnds: Record<Phase, number>,
): Lane {
  return {
    operation,
    records: {
      warmup: newRecord(operation, 'warmup', windowEnds.warmup),
      measure: newRecord(operation, 'measure', windowEnds.measure),
    },
    second,
    deadlineMicros: deadlineMicros(operation.targets),
    flights: newDeque(),
  }
}

/** Lets go of the flights at the head that have ended. */
export function forgetEnded(lane: Lane): void {
  for (let oldest = lane.flights.peek(); oldest?.state === 'over'; oldest = lane.flights.peek())
    lane.flights.shift()
}

/**
 * Ends every flight whose deadline has passed.
 * @returns how many ended, and the earliest deadline of those that go on (Infinity when there are none)
 */
export function sweep(
  lanes: readonly Lane[],
  nowMicros: number,
): { readonly ended: number; readonly next: number } {
  let ended = 0
  let next = Infinity
  for (const lane of lanes) {
    for (;;) {
      const oldest = lane.flights.peek()
      if (oldest === undefined) break
      // An answered one only waits for the journal's disk: it leaves like those that are over.
      if (oldest.state === 'queued' || oldest.state === 'running') {
        if (oldest.deadlineMicros > nowMicros) {
          next = Math.min(next, oldest.deadlineMicros)
          break
        }
        settleExpired(oldest)
        ended += 1
      }
      lane.flights.shift()
    }
  }
  return { ended, next }
}
