import type { SocialPopulation } from '../population.ts'
import { inverse } from '../population/adjacency.ts'
import type { Adjacency } from '../population/adjacency.ts'

/** Likes and comments of the seed, gathered once for the tables that count or mirror them. */
export interface SeedCounts {
  /** Users who like each post. */
  readonly likers: Adjacency
  /** Posts that each user likes. */
  readonly liked: Adjacency
  readonly comments: Int32Array
  readonly edges: number
}

/** How many comments each seeded post has. */
export function commentCounts(population: SocialPopulation): Int32Array {
  const counts = new Int32Array(population.posts)
  for (let number = 0; number < population.comments; number += 1) {
    const { post } = population.comment(number)
    counts[post] = (counts[post] ?? 0) + 1
  }
  return counts
}

/** Gathers the likes and counts the comments of a population. */
export function seedCounts(population: SocialPopulation): SeedCounts {
  const offsets = new Int32Array(population.posts + 1)
  const lists = Array.from({ length: population.posts }, (_, post) => population.likersOf(post))
  lists.forEach((list, post) => (offsets[post + 1] = (offsets[post] ?? 0) + list.length))
  const items = new Int32Array(offsets[population.posts] ?? 0)
  lists.forEach((list, post) => items.set(list, offsets[post]))
  const likers = { offsets, items }
  const comments = commentCounts(population)
  let edges = 0
  for (let user = 0; user < population.size; user += 1) edges += population.followees(user).length
  return { likers, liked: inverse(likers, population.size), comments, edges }
}
