import type { RedisCommand } from '../../../stores/redis/client.ts'
import type { PostView, ProfileView } from '../application.ts'
import type { SocialPopulation } from '../population.ts'
import { commentCounts } from './counts.ts'
import { newestOf } from './prewarm.ts'

/** How a variant writes what it caches under `user:{id}` and `post:{id}`. `number` is the user's or post's own. */
export interface ObjectTexts {
  user(profile: ProfileView): string
  post(view: PostView, authorIsPrivate: boolean): string
  ttlMs(number: number): number
}

/** Posts of each feed that its first page and a little more needs. */
const FIRST_PAGE = 30

function postsOnFirstPages(population: SocialPopulation): Set<number> {
  const posts = new Set<number>()
  for (const reader of population.activeUsers) {
    for (const post of newestOf(population, population.followees(reader), FIRST_PAGE)) posts.add(post)
  }
  return posts
}

/**
 * What the object cache holds in a system that has been running: every profile, and the posts on the first pages of
 * active readers. The rest is brought by the traffic itself, as is what expires.
 */
export function* objectPrewarm(population: SocialPopulation, texts: ObjectTexts): Generator<RedisCommand> {
  for (let index = 0; index < population.size; index += 1) {
    const { userId, username, fullName, bio, pictureUrl, isPrivate } = population.user(index)
    const profile = texts.user({
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
    yield ['set', `user:${userId}`, profile, 'PX', texts.ttlMs(index)]
  }
  const comments = commentCounts(population)
  for (const post of postsOnFirstPages(population)) {
    const author = population.user(population.authorOf(post))
    const postId = population.postId(post)
    const view = {
      postId,
      authorId: author.userId,
      username: author.username,
      pictureUrl: author.pictureUrl,
      caption: population.caption(post),
      mediaUrls: population.mediaUrls(post),
      likeCount: population.likersOf(post).length,
      commentCount: comments[post] ?? 0,
    }
    const encoded = texts.post(view, author.isPrivate)
    yield ['set', `post:${postId}`, encoded, 'PX', texts.ttlMs(post)]
  }
}
