import { deriveSeed } from '../../core/random.ts'
import { eventSeeds } from './events/event.ts'
import type { EventSeeds } from './events/event.ts'

/** What the traffic and the audits of the analytics case draw on. Pure in the seed of the run. */
export interface AnalyticsWorld {
  readonly seed: number
  readonly seeds: EventSeeds
}

/** The seeds of all events of a seed, those that are there before a run included: their numbers tell them apart. */
export function seedsOf(seed: number): EventSeeds {
  return eventSeeds(deriveSeed(seed, 'events'))
}

/** Builds the world of one worker. */
export function analyticsWorld(seed: number): AnalyticsWorld {
  return { seed: deriveSeed(seed, 'traffic'), seeds: seedsOf(seed) }
}
