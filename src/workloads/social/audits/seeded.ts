import type { Population } from '../../../core/population.ts'
import { firstIdAt } from '../../../core/snowflake.ts'
import { buildPopulation } from '../population/build.ts'
import type { SocialPopulation } from '../population.ts'

let latest: { readonly of: Population; readonly built: SocialPopulation } | undefined

/** The seeded population; the last one is kept, since several audits of a run ask for the same. */
export function seededPopulation(of: Population): SocialPopulation {
  if (latest?.of.seed !== of.seed || latest.of.size !== of.size) latest = { of, built: buildPopulation(of) }
  return latest.built
}

/** The smallest id that a run can have made: seeded ids are below it. */
export function firstRunId(seeded: SocialPopulation): bigint {
  return firstIdAt(seeded.endMs + 1)
}

function includes(sorted: Int32Array, value: number): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return sorted[low] === value
}

/** Whether one user follows another in the seed. */
export function followsInSeed(seeded: SocialPopulation, followerId: bigint, followingId: bigint): boolean {
  const follower = seeded.indexOf(followerId)
  const following = seeded.indexOf(followingId)
  if (follower === undefined || following === undefined) return false
  return includes(seeded.followees(follower), following)
}

/** The number of a seeded post, by bisection: ids grow with the number. Undefined for a post of the run. */
export function seededPost(seeded: SocialPopulation, postId: bigint): number | undefined {
  let low = 0
  let high = seeded.posts
  while (low < high) {
    const middle = (low + high) >>> 1
    if (seeded.postId(middle) < postId) low = middle + 1
    else high = middle
  }
  return low < seeded.posts && seeded.postId(low) === postId ? low : undefined
}

/** Tells whether a user likes a post in the seed; remembers the likers of the posts that it was asked about. */
export function likesInSeed(seeded: SocialPopulation): (userId: bigint, postId: bigint) => boolean {
  const likers = new Map<bigint, ReadonlySet<number>>()
  return (userId, postId) => {
    const user = seeded.indexOf(userId)
    let known = likers.get(postId)
    if (known === undefined) {
      const post = seededPost(seeded, postId)
      known = new Set(post === undefined ? [] : seeded.likersOf(post))
      likers.set(postId, known)
    }
    return user !== undefined && known.has(user)
  }
}
