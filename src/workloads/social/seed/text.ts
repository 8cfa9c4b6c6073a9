import { timeOfId } from '../../../core/snowflake.ts'
import { shardText } from '../../../patterns/seed/text.ts'
import type { SocialPopulation } from '../population.ts'
import { POSTING_MS } from '../population/writing.ts'

const HOUR_MS = 3_600_000

/** Texts that many rows share, made once: building strings is what generating rows costs. */
export interface RowTexts {
  /** The decimal id of a user, and his shard. */
  readonly userIds: readonly string[]
  readonly shards: readonly string[]
  readonly usernames: readonly string[]
  readonly pictures: readonly string[]
  /** A moment in the seeded four weeks, pure in both numbers. */
  momentOf(one: number, other: number): string
  /** A moment after the post, pure in (post, user). */
  momentAfter(postId: bigint, post: number, user: number): string
}

/** The shared texts of a population: about 200 bytes a user. */
export function rowTexts(population: SocialPopulation): RowTexts {
  const users = Array.from({ length: population.size }, (_, index) => population.user(index))
  const startMs = population.endMs - POSTING_MS
  const hours = Math.floor(POSTING_MS / HOUR_MS)
  // Whole hours of the four weeks; the last is their end, which is older than all that a run makes.
  const moments = Array.from({ length: hours + 1 }, (_, hour) =>
    new Date(startMs + hour * HOUR_MS).toISOString(),
  )
  const spread = (one: number, other: number): number =>
    (Math.imul(one + 1, 7_919) ^ Math.imul(other + 1, 104_729)) >>> 0
  return {
    userIds: users.map((user) => String(user.userId)),
    shards: users.map((user) => shardText(user.userId)),
    usernames: users.map((user) => user.username),
    pictures: users.map((user) => user.pictureUrl),
    momentOf: (one, other) => moments[spread(one, other) % hours] ?? '',
    momentAfter(postId, post, user) {
      const first = Math.floor((timeOfId(postId) - startMs) / HOUR_MS) + 1
      return moments[first + (spread(post, user) % (hours - first + 1))] ?? ''
    },
  }
}
