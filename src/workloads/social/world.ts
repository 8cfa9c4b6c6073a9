import { deriveSeed } from '../../core/random.ts'
import type { Pace, Results } from '../../core/operation.ts'
import type { OperationName } from '../../core/names.ts'
import type { Population } from '../../core/population.ts'
import { buildPopulation } from './population/build.ts'
import type { SocialPopulation } from './population.ts'
import { people } from './traffic/people.ts'
import type { People } from './traffic/people.ts'
import { seededPosts } from './traffic/posts.ts'
import type { SeededPosts } from './traffic/posts.ts'

/** What the traffic and the checks of the social case draw on; made once per worker. Pure but for `results`. */
export interface SocialWorld {
  /** The root of all choices of the traffic. */
  readonly seed: number
  readonly population: SocialPopulation
  readonly people: People
  readonly posts: SeededPosts
  /** Texts of posts, comments and profiles, made once: generating them per arrival would be load of our own. */
  readonly texts: readonly string[]
  readonly results: Results
  readonly pace: Pace
  /** How often a seeded entity stood in for the result of an earlier arrival, by operation (law 7). */
  readonly standIns: Record<OperationName, number>
}

const TEXTS = 64

/** Builds the world of one worker from the seeded population. */
export function socialWorld(
  seed: number,
  population: Population,
  results: Results,
  pace: Pace,
  standIns: Record<OperationName, number> = {},
): SocialWorld {
  const seeded = buildPopulation(population)
  const traffic = deriveSeed(seed, 'traffic')
  const who = people(traffic, seeded)
  return {
    seed: traffic,
    population: seeded,
    people: who,
    posts: seededPosts(traffic, seeded, who),
    texts: Array.from({ length: TEXTS }, (_, index) => seeded.caption(index % seeded.posts)),
    results,
    pace,
    standIns,
  }
}

/** Counts that a seeded entity stood in for the result of an earlier arrival. */
export function countStandIn(world: SocialWorld, operation: OperationName): void {
  world.standIns[operation] = (world.standIns[operation] ?? 0) + 1
}
