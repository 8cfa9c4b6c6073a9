import type { SocialPopulation } from '../population.ts'

/** A feed keeps its newest thousand (SOC-64). */
export const FEED_LENGTH = 1_000

/** The newest post numbers of several authors, newest first, at most `limit`. */
export function newestOf(population: SocialPopulation, authors: Iterable<number>, limit: number): Int32Array {
  const lists = Array.from(authors, (author) => population.postsOf(author).subarray(0, limit))
  const all = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0))
  let filled = 0
  for (const list of lists) {
    all.set(list, filled)
    filled += list.length
  }
  return all.sort().reverse().subarray(0, limit)
}

/** Decimal ids of all seeded posts, by number. */
export function postTexts(population: SocialPopulation): readonly string[] {
  return Array.from({ length: population.posts }, (_, post) => String(population.postId(post)))
}
