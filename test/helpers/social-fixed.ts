// The fixed social case in a test: its schema on real stores, and writers that do the least that an operation must do,
// the row and its outbox row in one statement and the actor's own effects on Redis.
import { readFile } from 'node:fs/promises'
import type { Context, FlowEnd } from '../../src/core/operation.ts'
import { idGenerator, shardOfId } from '../../src/core/snowflake.ts'
import type { RoleHost, RunningRole } from '../../src/core/workload.ts'
import type { StoreEndpoint, Stores } from '../../src/core/store.ts'
import type { PostgresClient, SqlValue, Statement } from '../../src/stores/postgres/client.ts'
import type { RedisClient } from '../../src/stores/redis/client.ts'
import type { FeedPage } from '../../src/workloads/social/application.ts'
import { openCache } from '../../src/patterns/cache/open-cache.ts'
import { newLocalLayer } from '../../src/patterns/cache/local-layer.ts'
import { postCodec } from '../../src/workloads/social/fixed/cache/post-codec.ts'
import { readFeed } from '../../src/workloads/social/fixed/feed.ts'
import { keys } from '../../src/workloads/social/fixed/keys.ts'
import { postLoader } from '../../src/workloads/social/fixed/post-store.ts'
import { startRelay } from '../../src/workloads/social/fixed/relay/relay.ts'
import type { Services } from '../../src/workloads/social/fixed/services.ts'
import type { SocialChoice } from '../../src/workloads/social/fixed/choice.ts'
import type { CachedPost } from '../../src/workloads/social/fixed/cached-post.ts'
import { DATABASES, socialStores } from '../../src/workloads/social/stores.ts'
import { eventually, newContext } from './context.ts'
import { startTestStores } from './stores.ts'

export { eventually, newContext } from './context.ts'

export const HYBRID: SocialChoice = { fanout: 'hybrid', counter: 'delta' }

/** What a test does to the fixed social case. */
export interface SocialCase {
  readonly stores: Stores
  readonly endpoints: readonly StoreEndpoint[]
  readonly postgres: PostgresClient
  readonly redis: RedisClient
  /** One process's services; another call is another process, with an L1 of its own. */
  services(choice?: SocialChoice): Services
  users(count: number): Promise<bigint[]>
  follow(follower: bigint, author: bigint): Promise<void>
  /** The rows only, for many at once: no actor, no effects but the outbox. */
  followAll(followers: readonly bigint[], author: bigint): Promise<void>
  unfollow(follower: bigint, author: bigint): Promise<void>
  block(user: bigint, other: bigint): Promise<void>
  post(author: bigint): Promise<bigint>
  deletePost(author: bigint, post: bigint): Promise<void>
  like(user: bigint, post: bigint): Promise<void>
  unlike(user: bigint, post: bigint): Promise<void>
  /** Rows of any statement; int8 columns are bigint. */
  sql<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<Row[]>
}

const EVENT_ROW = 'INSERT INTO outbox (kind, actor_id, subject_id)'

/** Statements by what they do; each writes outbox rows for the rows that it really changed (S-14). */
const WRITE = {
  follow: `WITH made AS (INSERT INTO follows (follower_id, following_id, shard)
  SELECT f, $2, shard_of(f) FROM unnest($1::bigint[]) AS f ON CONFLICT DO NOTHING RETURNING follower_id, following_id)
${EVENT_ROW} SELECT 'user.followed', follower_id, following_id FROM made`,
  unfollow: `WITH gone AS (DELETE FROM follows WHERE shard = shard_of($1) AND follower_id = $1 AND following_id = $2
  RETURNING follower_id, following_id)
${EVENT_ROW} SELECT 'user.unfollowed', follower_id, following_id FROM gone`,
  block: `WITH made AS (INSERT INTO blocks (user_id, blocked_id, shard) VALUES ($1, $2, shard_of($1))
  ON CONFLICT DO NOTHING RETURNING user_id, blocked_id),
gone AS (DELETE FROM follows WHERE (shard = shard_of($1) AND follower_id = $1 AND following_id = $2)
  OR (shard = shard_of($2) AND follower_id = $2 AND following_id = $1) RETURNING follower_id, following_id)
${EVENT_ROW} SELECT 'user.blocked', user_id, blocked_id FROM made
UNION ALL SELECT 'user.unfollowed', follower_id, following_id FROM gone`,
  post: `WITH made AS (INSERT INTO posts (post_id, user_id, caption, created_at, username, shard)
  SELECT $2, $1, 'caption', time_of($2), username, shard FROM users WHERE shard = shard_of($1) AND user_id = $1
  RETURNING post_id, user_id)
${EVENT_ROW} SELECT 'post.created', user_id, post_id FROM made`,
  deletePost: `WITH gone AS (UPDATE posts SET deleted_at = now()
  WHERE shard = shard_of($2) AND post_id = $2 AND user_id = $1 AND deleted_at IS NULL RETURNING post_id, user_id)
${EVENT_ROW} SELECT 'post.deleted', user_id, post_id FROM gone`,
  like: `WITH made AS (INSERT INTO likes_by_post (post_id, user_id, shard) VALUES ($2, $1, shard_of($2))
  ON CONFLICT DO NOTHING RETURNING post_id, user_id)
${EVENT_ROW} SELECT 'like.added', user_id, post_id FROM made`,
  unlike: `WITH gone AS (DELETE FROM likes_by_post WHERE shard = shard_of($2) AND post_id = $2 AND user_id = $1
  RETURNING post_id, user_id)
${EVENT_ROW} SELECT 'like.removed', user_id, post_id FROM gone`,
} as const

/** The schema in an empty database, an empty Redis, and the writers. */
export async function openSocialCase(): Promise<SocialCase> {
  const { stores, endpoints } = await startTestStores(['postgres', 'redis'])
  const admin = stores['postgres'] as PostgresClient
  await admin.dropDatabase(DATABASES.fixed.postgres)
  await admin.createDatabase(DATABASES.fixed.postgres)
  const { postgres, redis } = socialStores(stores, 'fixed')
  await redis.flush()
  await postgres.execute(
    await readFile(new URL('../../schemas/social/postgres.sql', import.meta.url), 'utf8'),
  )
  const ids = idGenerator(63)
  let named = 0

  async function sql<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    const statement: Statement = { name: '', text }
    return postgres.query<Row>(statement, values)
  }
  async function write(name: keyof typeof WRITE, values: readonly SqlValue[]): Promise<void> {
    await postgres.query({ name: `test_${name}`, text: WRITE[name] }, values)
  }
  async function forgetFeed(reader: bigint, change: readonly [string, string]): Promise<void> {
    const feed = keys.feed(reader)
    const [command, member] = change
    await redis.wave([
      [command, keys.hidden(reader), member],
      ['del', feed, keys.pulls(reader), keys.lease(feed)],
    ])
  }

  return {
    stores,
    endpoints,
    postgres,
    redis,
    services(choice = HYBRID) {
      const posts = openCache<CachedPost>(
        redis,
        { key: keys.post, codec: postCodec, load: postLoader(postgres) },
        newLocalLayer(),
      )
      // The feed works with these only.
      return { postgres, redis, ids, choice, cache: { posts } } as unknown as Services
    },
    async users(count) {
      const made: bigint[] = []
      for (let number = 0; number < count; number += 1) made.push(ids.next((named + number) % 256))
      await sql(
        `INSERT INTO users (user_id, username, email, shard)
SELECT id, 'user' || ($2 + n), 'user' || ($2 + n) || '@example.org', shard_of(id)
FROM unnest($1::bigint[]) WITH ORDINALITY AS made(id, n)`,
        [made, named],
      )
      named += count
      return made
    },
    async follow(follower, author) {
      await write('follow', [[follower], author])
      await forgetFeed(follower, ['srem', `u${author}`])
    },
    followAll: (followers, author) => write('follow', [followers, author]),
    async unfollow(follower, author) {
      await write('unfollow', [follower, author])
      await forgetFeed(follower, ['sadd', `u${author}`])
    },
    async block(user, other) {
      await write('block', [user, other])
      await forgetFeed(user, ['sadd', `b${other}`])
    },
    async post(author) {
      const post = ids.next(shardOfId(author))
      await write('post', [author, post])
      return post
    },
    async deletePost(author, post) {
      await write('deletePost', [author, post])
      const key = keys.post(post)
      await redis.wave([['del', key, keys.lease(key)]])
    },
    like: (user, post) => write('like', [user, post]),
    unlike: (user, post) => write('unlike', [user, post]),
    sql,
  }
}

/** A page of 20 of a reader's feed. */
export function feedPage(
  services: Services,
  readerId: bigint,
  before?: bigint,
  context: Context = newContext(),
): Promise<FeedPage> {
  return readFeed(services, { readerId, page: before === undefined ? 1 : 2, before, limit: 20 }, context)
}

/** All pages of a reader's feed, one behind the other. */
export async function wholeFeed(
  services: Services,
  readerId: bigint,
  afterPage: (page: number) => Promise<void> = () => Promise.resolve(),
): Promise<bigint[]> {
  const posts: bigint[] = []
  let before: bigint | undefined
  for (let page = 1; ; page += 1) {
    const answer = await feedPage(services, readerId, before)
    posts.push(...answer.posts.map((post) => post.postId))
    if (answer.next === undefined) return posts
    before = answer.next
    await afterPage(page)
  }
}

/** A relay in this process, and the ends of flows that it reported. */
export interface TestRelay {
  readonly ends: FlowEnd[]
  /** Resolves when nothing is left to do. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** Asks a relay until it says that nothing is left. */
async function settle(role: RunningRole): Promise<void> {
  await eventually(() => role.drained())
}

/** Starts a relay in this process; `faultPoint` may hold it where it comes by. */
export async function relayHere(
  stores: Stores,
  choice: SocialChoice = HYBRID,
  faultPoint: RoleHost['faultPoint'] = () => undefined,
): Promise<TestRelay> {
  const ends: FlowEnd[] = []
  const host: RoleHost = {
    flowEnds: (seen) => ends.push(...seen),
    signal: new AbortController().signal,
    witness: () => undefined,
    faultPoint,
  }
  const role = await startRelay(stores, { seed: 1, size: 0 }, { ...choice }, host)
  return { ends, settled: () => settle(role), close: () => role.close() }
}

/** The posts that a reader should see, newest first, by brute force over the tables. */
export async function oracle(social: SocialCase, reader: bigint): Promise<bigint[]> {
  const rows = await social.sql<{ post_id: bigint }>(
    `SELECT p.post_id FROM posts p JOIN follows f ON f.following_id = p.user_id
WHERE f.follower_id = $1 AND p.deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM blocks b WHERE (b.user_id, b.blocked_id) IN ((p.user_id, $1), ($1, p.user_id)))
ORDER BY p.post_id DESC`,
    [reader],
  )
  return rows.map((row) => row.post_id)
}
