import { newDeque } from './deque.ts'
import type { Flight } from './flight.ts'

/** The part of its deadline that the oldest waits for its turn; whoever has waited for longer lets newer ones pass. */
const PATIENCE = 0.9

/** Arrivals that wait for a slot. */
export interface Waiting {
  push(flight: Flight): void
  /** Takes whoever is next at a time of the clock; undefined when nobody waits. Whose deadline has passed is left out. */
  next(nowMicros: number): Flight | undefined
}

/**
 * Nobody waits yet. The oldest is the next one while it has waited for less than nine tenths of its deadline, so that a
 * stall costs nobody an answer. Else more comes than the application can do, and in that order each would be answered just
 * after its deadline: the newest is the next one then, and what can be done is done in time (adaptive LIFO: Maurer, Fail
 * at Scale, ACM Queue 13(8), 2015; X-08). Who is passed over counts as dropped when its deadline comes.
 */
export function newWaiting(): Waiting {
  const queue = newDeque<Flight>()

  function isOverdue({ intendedMicros, deadlineMicros }: Flight, nowMicros: number): boolean {
    return nowMicros - intendedMicros > (deadlineMicros - intendedMicros) * PATIENCE
  }

  return {
    push: (flight) => queue.push(flight),
    next(nowMicros) {
      for (let oldest = queue.peek(); oldest !== undefined; oldest = queue.peek()) {
        // Those whose deadline has passed are the oldest: they must not stay, nor speak for those that wait.
        const isQueued = oldest.state === 'queued'
        const flight = isQueued && isOverdue(oldest, nowMicros) ? queue.pop() : queue.shift()
        if (isQueued) return flight
      }
      return undefined
    },
  }
}
