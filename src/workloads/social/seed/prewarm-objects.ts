import type { RedisCommand } from '../../../stores/redis/client.ts'
import { postCodec } from '../fixed/cache/post-codec.ts'
import { userCodec } from '../fixed/cache/user-codec.ts'
import { jitteredTtl } from '../fixed/cache/fill.ts'
import { keys } from '../fixed/keys.ts'
import type { SocialPopulation } from '../population.ts'
import { newestOf } from './prewarm.ts'
import { random01 } from '../../../core/random.ts'

/** Posts of each feed that its first page and a little more needs. */
const FIRST_PAGE = 30

function postsOnFirstPages(population: SocialPopulation): Set<number> {
  const posts = new Set<number>()
  for (const reader of population.activeUsers) {
    for (const post of newestOf(population, population.followees(reader), FIRST_PAGE)) posts.add(post)
  }
  return posts
}

function commentCounts(population: SocialPopulation): Int32Array {
  const counts = new Int32Array(population.posts)
  for (let number = 0; number < population.comments; number += 1) {
    const { post } = population.comment(number)
    counts[post] = (counts[post] ?? 0) + 1
  }
  return counts
}

/**
 * What the object cache holds in a system that has been running: every profile, and the posts on the first pages of
 * active readers. The rest is brought by the traffic itself, as is what expires.
 */
export function* objectPrewarm(population: SocialPopulation): Generator<RedisCommand> {
  const ttl = (number: number): number => jitteredTtl(random01(0, number))
  for (let index = 0; index < population.size; index += 1) {
    const { userId, username, fullName, bio, pictureUrl, isPrivate } = population.user(index)
    const profile = userCodec.encode({
      userId,
      username,
      fullName,
      bio,
      pictureUrl,
      isPrivate,
      followerCount: population.followers(index).length,
      followingCount: population.followees(index).length,
      postCount: population.postsOf(index).length,
      version: 1,
    })
    yield ['set', keys.user(userId), profile, 'PX', ttl(index)]
  }
  const comments = commentCounts(population)
  for (const post of postsOnFirstPages(population)) {
    const author = population.user(population.authorOf(post))
    const postId = population.postId(post)
    const encoded = postCodec.encode({
      author: String(author.userId),
      authorIsPrivate: author.isPrivate,
      view: {
        postId,
        authorId: author.userId,
        username: author.username,
        pictureUrl: author.pictureUrl,
        caption: population.caption(post),
        mediaUrls: population.mediaUrls(post),
        likeCount: population.likersOf(post).length,
        commentCount: comments[post] ?? 0,
      },
    })
    yield ['set', keys.post(postId), encoded, 'PX', ttl(post)]
  }
}
