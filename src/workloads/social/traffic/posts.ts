import { timeOfId } from '../../../core/snowflake.ts'
import type { SocialPopulation } from '../population.ts'
import { skew } from '../model.ts'
import type { Group, People } from './people.ts'
import { group } from './people.ts'

/** The seeded posts as the traffic sees them. */
export interface SeededPosts {
  /** Post numbers whose author is neither private nor a blocker: anybody may see them. */
  readonly visible: Group
  isVisible(post: number): boolean
  /** The one post of profile `viral`: the newest by a public active author who is no celebrity. */
  readonly hot: number
  /** By user index: the number of the newest seeded post, -1 without one. */
  readonly newest: Int32Array
  /** The number of the first seeded post that is not older than a millisecond; the count of posts if all are. */
  firstSince(timeMs: number): number
}

/** Orders the seeded posts for the traffic. */
export function seededPosts(seed: number, population: SocialPopulation, who: People): SeededPosts {
  const isVisible = (post: number): boolean => {
    const author = population.authorOf(post)
    return !population.isPrivate(author) && !who.isBlocker(author)
  }
  const visible = numbers(population.posts, isVisible)
  const newest = new Int32Array(population.size).fill(-1)
  const times = new Float64Array(population.posts)
  for (let post = 0; post < population.posts; post += 1) {
    newest[population.authorOf(post)] = post
    times[post] = timeOfId(population.postId(post))
  }
  return {
    visible: group(seed, 'posts', visible, skew.posts.value),
    isVisible,
    hot:
      visible.findLast((post) => isOrdinary(population, population.authorOf(post))) ?? population.posts - 1,
    newest,
    firstSince: (timeMs) => firstAtLeast(times, timeMs),
  }
}

function isOrdinary(population: SocialPopulation, author: number): boolean {
  return population.isActive(author) && !population.isCelebrity(author)
}

function numbers(count: number, keep: (number: number) => boolean): Int32Array {
  const kept = new Int32Array(count)
  let length = 0
  for (let number = 0; number < count; number += 1) {
    if (!keep(number)) continue
    kept[length] = number
    length += 1
  }
  return kept.slice(0, length)
}

/** The first index of an ascending list whose value is `least` or more. */
function firstAtLeast(ascending: Float64Array, least: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? 0) < least) low = middle + 1
    else high = middle
  }
  return low
}
