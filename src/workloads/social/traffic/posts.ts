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
  /** By user index: the millisecond of the newest seeded post, -Infinity without one. */
  readonly newestMs: Float64Array
}

/** Orders the seeded posts for the traffic. */
export function seededPosts(seed: number, population: SocialPopulation, who: People): SeededPosts {
  const isVisible = (post: number): boolean => {
    const author = population.authorOf(post)
    return !population.isPrivate(author) && !who.isBlocker(author)
  }
  const visible = numbers(population.posts, isVisible)
  const newestMs = new Float64Array(population.size).fill(-Infinity)
  for (let post = 0; post < population.posts; post += 1) {
    newestMs[population.authorOf(post)] = timeOfId(population.postId(post))
  }
  return {
    visible: group(seed, 'posts', visible, skew.posts.value),
    isVisible,
    hot: visible.findLast((post) => isOrdinary(population, population.authorOf(post))) ?? population.posts - 1,
    newestMs,
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
