import type { RedisCommand } from '../../../stores/redis/client.ts'
import { random01 } from '../../../core/random.ts'
import { jitteredTtl } from '../../../patterns/cache/fill.ts'
import { postCodec } from '../fixed/cache/post-codec.ts'
import { userCodec } from '../fixed/cache/user-codec.ts'
import { keys } from '../fixed/keys.ts'
import type { SocialPopulation } from '../population.ts'
import { objectPrewarm } from './prewarm-objects.ts'
import type { ObjectTexts } from './prewarm-objects.ts'
import { FEED_LENGTH, newestOf, postTexts } from './prewarm.ts'

/** Marks a list as reaching down to the oldest there is, and a set as loaded (S-21). */
const COMPLETE = '0'

const TEXTS: ObjectTexts = {
  user: (profile) => userCodec.encode(profile),
  post: (view, authorIsPrivate) => postCodec.encode({ author: String(view.authorId), authorIsPrivate, view }),
  ttlMs: (number) => jitteredTtl(random01(0, number)),
}

/**
 * What Redis holds of the fixed variant in a system that has been running: the active readers' feeds, pull authors and
 * hidden users, the celebrities' lists, and the objects that they show.
 */
export function* fixedPrewarm(population: SocialPopulation): Generator<RedisCommand> {
  const posts = postTexts(population)
  const list = (key: string, authors: Iterable<number>): RedisCommand => {
    // One more than is kept tells whether the list is complete.
    const newest = newestOf(population, authors, FEED_LENGTH + 1)
    const ids = Array.from(newest.subarray(0, FEED_LENGTH), (post) => posts[post] ?? '')
    if (newest.length <= FEED_LENGTH) ids.push(COMPLETE)
    return ['rpush', key, ...ids]
  }
  for (const celebrity of population.celebrities) {
    yield list(keys.author(population.userId(celebrity)), [celebrity])
  }
  for (const reader of population.activeUsers) {
    const id = population.userId(reader)
    const followees = population.followees(reader)
    yield list(keys.feed(id), followees)
    const pulled = followees.filter((author) => population.isCelebrity(author))
    yield [
      'sadd',
      keys.pulls(id),
      COMPLETE,
      ...Array.from(pulled, (author) => String(population.userId(author))),
    ]
    yield ['sadd', keys.hidden(id), COMPLETE]
  }
  yield* objectPrewarm(population, TEXTS)
}
