// A small run of the fixed social case that is right in every table, feed and cache, for audits to hold on and tests to
// damage: a post by a push author with a like, a comment and a like of it, one by a pull author, one deleted; a
// registration, a follow, a request to a private account, and a profile update.
import { idGenerator, shardOfId } from '../../src/core/snowflake.ts'
import type { JournalReader } from '../../src/core/journal.ts'
import type { Stores } from '../../src/core/store.ts'
import type { StrategyChoice } from '../../src/core/strategy.ts'
import type { Population } from '../../src/core/population.ts'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import type { RedisClient } from '../../src/stores/redis/client.ts'
import type { SocialPopulation } from '../../src/workloads/social/population.ts'
import { postCodec } from '../../src/workloads/social/fixed/cache/post-codec.ts'
import { keys } from '../../src/workloads/social/fixed/keys.ts'
import { buildPopulation } from '../../src/workloads/social/population/build.ts'
import { seedVariant } from '../../src/workloads/social/seed/seed.ts'
import { socialStores } from '../../src/workloads/social/stores.ts'
import { deriveTables, feedCommands, journalOf } from './social-data.ts'
import { startTestStores } from './stores.ts'

export const HYBRID: StrategyChoice = { fanout: 'hybrid', counter: 'delta' }
export const population: Population = { seed: 7, size: 120 }
const started = await startTestStores(['postgres', 'redis'])
export const stores: Stores = started.stores
export const seeded: SocialPopulation = buildPopulation(population)
await seedVariant('fixed', stores, population, HYBRID, () => {})
const own = socialStores(stores, 'fixed')
export const postgres: PostgresClient = own.postgres
export const redis: RedisClient = own.redis
const ids = idGenerator(1)

const byFollowers = Array.from({ length: seeded.size }, (_, index) => index)
  .filter((index) => !seeded.isPrivate(index))
  .sort((one, other) => seeded.followers(other).length - seeded.followers(one).length)
const user = (index: number): bigint => seeded.userId(index)
export const star: bigint = user(byFollowers[0] ?? 0)
export const author: bigint = user(byFollowers[1] ?? 0)
export const fan: bigint = user(seeded.followers(byFollowers[1] ?? 0)[0] ?? 0)
export const starFan: bigint = user(seeded.followers(byFollowers[0] ?? 0)[0] ?? 0)
export const hermit: bigint = user(
  Array.from({ length: seeded.size }, (_, index) => index).find(
    (index) => seeded.isPrivate(index) && seeded.postsOf(index).length > 0,
  ) ?? 0,
)
export const stranger: bigint = user(
  Array.from({ length: seeded.size }, (_, index) => index).find(
    (index) =>
      !seeded.followers(seeded.indexOf(hermit) ?? 0).includes(index) &&
      !seeded.followers(byFollowers[1] ?? 0).includes(index) &&
      user(index) !== hermit &&
      user(index) !== author &&
      user(index) !== star,
  ) ?? 0,
)

export const post: bigint = ids.next(shardOfId(author))
export const starPost: bigint = ids.next(shardOfId(star))
export const deletedPost: bigint = ids.next(shardOfId(author))
export const comment: bigint = ids.next(shardOfId(author))
export const newcomer: bigint = ids.next(3)
export const extra: bigint = ids.next(shardOfId(author))
export const another: bigint = ids.next(shardOfId(author))
export const starExtra: bigint = ids.next(shardOfId(star))
export const hermitPost: bigint = seeded.postId(seeded.postsOf(seeded.indexOf(hermit) ?? 0)[0] ?? 0)

/** SQL for a post of now by a user. */
export const insertPost = (id: bigint, by: bigint): string =>
  `INSERT INTO posts (post_id, user_id, created_at, username, user_profile_pic, shard)
   SELECT ${id}, user_id, time_of(${id}), username, profile_pic_url, shard FROM users WHERE user_id = ${by};`

await postgres.execute(`
  UPDATE users SET is_pull = true, pull_switched_at = '2025-12-01' WHERE user_id = ${star};
  ${insertPost(post, author)} ${insertPost(starPost, star)} ${insertPost(deletedPost, author)}
  UPDATE posts SET deleted_at = now() WHERE post_id = ${deletedPost};
  INSERT INTO likes_by_post (post_id, user_id, shard) VALUES (${post}, ${fan}, shard_of(${post}));
  INSERT INTO comments (comment_id, post_id, user_id, content, created_at, username, user_profile_pic, shard)
    SELECT ${comment}, ${post}, user_id, 'c', now(), username, profile_pic_url, shard_of(${post}) FROM users WHERE user_id = ${fan};
  INSERT INTO comment_likes (comment_id, user_id, shard) VALUES (${comment}, ${author}, shard_of(${comment}));
  INSERT INTO follows (follower_id, following_id, shard) VALUES (${stranger}, ${author}, shard_of(${stranger}));
  INSERT INTO follow_requests (target_id, requester_id, shard) VALUES (${hermit}, ${stranger}, shard_of(${hermit}));
  INSERT INTO users (user_id, username, email, shard) VALUES (${newcomer}, 'newcomer', 'new@example.org', 3);
  INSERT INTO username_claims VALUES ('newcomer', ${newcomer}, 'confirmed', now(), 1);
  INSERT INTO email_claims VALUES ('new@example.org', ${newcomer}, 'confirmed', now(), 1);
  UPDATE users SET bio = 'new' WHERE user_id = ${fan}`)

const id = String
export const journal: JournalReader = journalOf([
  {
    operation: 'user.register',
    keys: { username: 'newcomer', email: 'new@example.org' },
    result: { user: id(newcomer) },
  },
  { operation: 'user.register', keys: { username: 'newcomer', email: 'n2@example.org' }, outcome: 'refused' },
  { operation: 'post.create', keys: { author: id(author) }, result: { post: id(post) } },
  { operation: 'post.create', keys: { author: id(star) }, result: { post: id(starPost) } },
  { operation: 'post.create', keys: { author: id(author) }, result: { post: id(deletedPost) } },
  { operation: 'post.create', keys: { author: id(author) }, outcome: 'unknown' },
  {
    operation: 'post.delete',
    keys: { author: id(author), post: id(deletedPost) },
    result: { removed: true },
  },
  { operation: 'post.delete', keys: { author: id(fan), post: id(post) }, outcome: 'refused' },
  { operation: 'like.add', keys: { user: id(fan), post: id(post) }, result: { created: true } },
  { operation: 'like.add', keys: { user: id(fan), post: id(post) }, result: { created: false } },
  { operation: 'like.add', keys: { user: id(stranger), post: id(hermitPost) }, outcome: 'refused' },
  { operation: 'comment.add', keys: { user: id(fan), post: id(post) }, result: { comment: id(comment) } },
  {
    operation: 'comment.like',
    keys: { user: id(author), post: id(post), comment: id(comment) },
    result: { created: true },
  },
  {
    operation: 'follow.add',
    keys: { follower: id(stranger), following: id(author) },
    result: { state: 'following', created: true },
  },
  {
    operation: 'follow.add',
    keys: { follower: id(stranger), following: id(hermit) },
    result: { state: 'requested', created: true },
  },
  { operation: 'profile.update', keys: { user: id(fan) }, result: { version: 2 } },
])

async function cachePost(likeCount: number): Promise<void> {
  const [row] = await postgres.query<{ username: string; picture: string }>(
    {
      name: 'test author',
      text: 'SELECT username, profile_pic_url AS picture FROM users WHERE user_id = $1',
    },
    [author],
  )
  const view = {
    postId: post,
    authorId: author,
    username: row?.username ?? '',
    pictureUrl: row?.picture ?? '',
    caption: '',
    mediaUrls: [],
    likeCount,
    commentCount: 1,
  }
  await redis.wave([
    ['set', keys.post(post), postCodec.encode({ author: id(author), authorIsPrivate: false, view })],
    ['set', keys.post(deletedPost), '-'],
  ])
}

await deriveTables(postgres)
const feeds = await feedCommands(postgres)

/** Redis as it should be. */
export async function restoreRedis(): Promise<void> {
  await redis.flush()
  await redis.wave(feeds)
  await cachePost(1)
}
await restoreRedis()
