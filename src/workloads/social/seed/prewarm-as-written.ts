import type { StrategyChoice } from '../../../core/strategy.ts'
import type { RedisCommand } from '../../../stores/redis/client.ts'
import type { CachedPost } from '../as-written/get-posts.ts'
import type { CachedUser } from '../as-written/cached-user.ts'
import type { SocialPopulation } from '../population.ts'
import { objectPrewarm } from './prewarm-objects.ts'
import type { ObjectTexts } from './prewarm-objects.ts'
import { FEED_LENGTH, newestOf, postTexts } from './prewarm.ts'

const TTL_MS = 3_600_000

const TEXTS: ObjectTexts = {
  user: (profile) =>
    JSON.stringify({
      user_id: String(profile.userId),
      username: profile.username,
      full_name: profile.fullName,
      bio: profile.bio,
      profile_pic_url: profile.pictureUrl,
      follower_count: profile.followerCount,
      following_count: profile.followingCount,
      post_count: profile.postCount,
      is_private: profile.isPrivate,
      version: 0,
    } satisfies CachedUser),
  post: (view) =>
    JSON.stringify({
      post_id: String(view.postId),
      user_id: String(view.authorId),
      caption: view.caption,
      media_urls: view.mediaUrls,
      like_count: view.likeCount,
      comment_count: view.commentCount,
      username: view.username,
      user_profile_pic: view.pictureUrl,
    } satisfies CachedPost),
  ttlMs: () => TTL_MS,
}

/**
 * The lists that the text's pushes would have left: without celebrities' posts, unless `threshold=code` (S-20); and the
 * same users and posts as the fixed variant starts with, as the text caches them.
 */
export function* asWrittenPrewarm(
  population: SocialPopulation,
  choice: StrategyChoice,
): Generator<RedisCommand> {
  const posts = postTexts(population)
  const pushesAll = choice['threshold'] === 'code'
  for (const reader of population.activeUsers) {
    const followees = population.followees(reader)
    const pushing = pushesAll ? followees : followees.filter((author) => !population.isCelebrity(author))
    const newest = newestOf(population, pushing, FEED_LENGTH)
    if (newest.length === 0) continue
    yield ['rpush', `feed:${population.userId(reader)}`, ...Array.from(newest, (post) => posts[post] ?? '')]
  }
  yield* objectPrewarm(population, TEXTS)
}
