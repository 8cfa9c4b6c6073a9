import { usageError } from '../../../core/errors.ts'
import type { Population } from '../../../core/population.ts'
import {
  BATCH,
  clientTimeMs,
  clockOf,
  POPULATION_BATCHES,
  sessionNumber,
  sessionOf,
  traitsOf,
} from '../events/event.ts'
import type { EventSeeds, EventTraits, Session } from '../events/event.ts'
import { seedsOf } from '../world.ts'

/** When the last batch of every history arrived: data that are kept between runs do not follow the clock. */
const END_MS: number = Date.UTC(2026, 0, 16) - 1
export const HOUR_MS = 3_600_000
export const DAY_MS: number = 24 * HOUR_MS
const SPAN_MS = 30 * DAY_MS
/** A device's clock is believed if it lies within a day before and a minute after the arrival. */
const MINUTE_MS = 60_000

/** When each batch of a history arrived. */
export interface Timeline {
  readonly seeds: EventSeeds
  readonly batches: number
  readonly events: number
  readonly endMs: number
  /** Milliseconds between two batches. */
  readonly gapMs: number
}

/** The history of a population: thirty days, evenly. @throws ArchError (usage) for one that is too large */
export function timelineOf(population: Population): Timeline {
  const batches = Math.ceil(population.size / BATCH)
  if (batches > POPULATION_BATCHES)
    throw usageError(
      `a population of ${population.size} events is too large`,
      `At most ${POPULATION_BATCHES * BATCH} events have numbers of their own.`,
    )
  const gapMs = Math.max(1, Math.floor(SPAN_MS / batches))
  return { seeds: seedsOf(population.seed), batches, events: batches * BATCH, endMs: END_MS, gapMs }
}

/** When batch `batch` arrived, in milliseconds since 1970. */
export function arrivalMs({ batches, endMs, gapMs }: Timeline, batch: number): number {
  return endMs - (batches - 1 - batch) * gapMs
}

/** An event as the table holds it. */
export interface StoredEvent extends Session, EventTraits {
  /** Milliseconds since 1970: the device's clock where it is believed, else the arrival. */
  readonly timeMs: number
}

/** The events of `count` batches from `first`, by the senders' own arithmetic and not the engine's. */
export function* storedEvents(timeline: Timeline, first: number, count: number): Generator<StoredEvent> {
  const { seeds } = timeline
  for (let batch = first; batch < first + count; batch += 1) {
    const session = sessionOf(seeds, sessionNumber(seeds, batch))
    const clock = clockOf(seeds, batch)
    const receivedMs = arrivalMs(timeline, batch)
    for (let position = 0; position < BATCH; position += 1) {
      const clientMs = clientTimeMs(clock, receivedMs, position)
      const isBelieved = clientMs >= receivedMs - DAY_MS && clientMs <= receivedMs + MINUTE_MS
      yield {
        ...session,
        ...traitsOf(seeds, batch * BATCH + position),
        timeMs: isBelieved ? clientMs : receivedMs,
      }
    }
  }
}
