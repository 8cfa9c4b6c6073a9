import { newCost } from '../core/cost.ts'
import type { Cost } from '../core/cost.ts'
import type { Arrival, Context } from '../core/operation.ts'
import type { Lane } from './lanes.ts'
import type { OperationRecord } from './recorder.ts'

/** Where an arrival stands between hand-over and its one outcome. */
export type FlightState = 'queued' | 'running' | 'answered' | 'over'

export type FaultPoint = (name: string) => Promise<void> | void

/**
 * An arrival on its way, and the context that its operation is handed. A class, since the lazy `signal` needs a getter
 * that costs nothing per arrival: it sits on the prototype.
 */
export class Flight implements Context {
  readonly arrival: Arrival
  readonly lane: Lane
  /** The lane's record of the arrival's phase. */
  readonly record: OperationRecord
  readonly input: unknown
  readonly intendedMicros: number
  readonly handedMicros: number
  readonly deadlineMicros: number
  readonly deadlineAt: number
  /** End of the window that the arrival is of: its phase's, or the pause's beginning for one that comes before it. */
  readonly windowEndMicros: number
  readonly cost: Cost = newCost()
  readonly #faultPoint: FaultPoint | undefined
  startedMicros = 0
  state: FlightState = 'queued'
  #controller: AbortController | undefined
  #aborted = false

  constructor(
    arrival: Arrival,
    lane: Lane,
    input: unknown,
    intendedMicros: number,
    handedMicros: number,
    deadlineAt: number,
    windowEndMicros: number,
    faultPoint: FaultPoint | undefined,
  ) {
    this.arrival = arrival
    this.lane = lane
    this.record = lane.records[arrival.phase]
    this.input = input
    this.intendedMicros = intendedMicros
    this.handedMicros = handedMicros
    this.deadlineMicros = intendedMicros + lane.deadlineMicros
    this.deadlineAt = deadlineAt
    this.windowEndMicros = windowEndMicros
    this.#faultPoint = faultPoint
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort()
    }
    return this.#controller.signal
  }

  faultPoint(name: string): Promise<void> | void {
    return this.#faultPoint?.(name)
  }

  /** Nobody waits for the answer any more. */
  abort(): void {
    this.#aborted = true
    this.#controller?.abort()
  }
}
