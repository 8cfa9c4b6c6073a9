import type { PostgresClient, Statement } from '../../../../stores/postgres/client.ts'
import type { RedisClient, RedisCommand } from '../../../../stores/redis/client.ts'
import { headerCount } from '../cache/post-codec.ts'
import { INVALIDATION_CHANNEL } from '../../../../patterns/cache/keys.ts'
import { EVENT, keys } from '../keys.ts'
import { arrayOf } from '../../../../patterns/arrays.ts'
import type { OutboxEvent } from './outbox.ts'
import { BLOCKED, FOLLOWED, REFRESH_COUNTS, UNFOLLOWED } from './scripts.ts'
import type { BatchSummary } from './summary.ts'

/** Keys of one script or message: a script of more would keep the server from its readers. */
const KEYS_AT_ONCE = 500

interface CountRow {
  readonly id: string
  readonly likes: number
  readonly comments: number
}

const COUNTS: Statement = {
  name: 'relay_counts',
  text: `SELECT counted.post_id::text AS id,
  coalesce(sum(c.count) FILTER (WHERE c.kind = 1), 0)::int AS likes,
  coalesce(sum(c.count) FILTER (WHERE c.kind = 2), 0)::int AS comments
FROM unnest($1::bigint[]) AS counted(post_id)
  LEFT JOIN counters c ON c.shard = shard_of(counted.post_id) AND c.entity_id = counted.post_id AND c.kind IN (1, 2)
GROUP BY counted.post_id`,
}

const POSTS_OF: Statement = {
  name: 'relay_posts_of',
  text: `SELECT p.post_id::text AS id
FROM unnest($1::bigint[]) AS changed(user_id)
  JOIN posts p ON p.shard = shard_of(changed.user_id) AND p.user_id = changed.user_id`,
}

function chunksOf<Item>(items: readonly Item[]): Item[][] {
  const chunks: Item[][] = []
  for (let at = 0; at < items.length; at += KEYS_AT_ONCE) chunks.push(items.slice(at, at + KEYS_AT_ONCE))
  return chunks
}

function invalidation(stale: readonly string[]): RedisCommand[] {
  return chunksOf(stale).flatMap((chunk): RedisCommand[] => [
    ['unlink', ...chunk, ...chunk.map(keys.lease)],
    ['publish', INVALIDATION_CHANNEL, chunk.join('\n')],
  ])
}

function edgeCommands(redis: RedisClient, event: OutboxEvent): RedisCommand[] {
  const { actor, subject } = event
  const edge = keys.follows(actor, subject)
  const forget: RedisCommand = ['del', edge, keys.lease(edge)]
  const feed = [keys.feed(actor), keys.pulls(actor), keys.hidden(actor), keys.lease(keys.feed(actor))]
  const hide = (reader: string, author: string): RedisCommand => {
    return redis.call(BLOCKED, [keys.hidden(reader), keys.lease(keys.feed(reader))], [`b${author}`])
  }
  switch (event.kind) {
    case EVENT.followed:
      return [redis.call(FOLLOWED, feed, [event.xid]), forget]
    case EVENT.unfollowed:
      return [redis.call(UNFOLLOWED, feed, [`u${subject}`]), forget]
    case EVENT.blocked:
      return [hide(actor, subject), hide(subject, actor)]
    default:
      return []
  }
}

async function countCommands(stores: CacheStores, posts: readonly string[]): Promise<RedisCommand[]> {
  if (posts.length === 0) return []
  const rows = await stores.postgres.query<CountRow>(COUNTS, [arrayOf(posts)])
  return chunksOf(rows).map((chunk) =>
    stores.redis.call(
      REFRESH_COUNTS,
      chunk.map((row) => keys.post(row.id)),
      chunk.map((row) => headerCount(row.likes) + headerCount(row.comments)),
    ),
  )
}

async function stalePosts(stores: CacheStores, summary: BatchSummary): Promise<string[]> {
  if (summary.changedUsers.length === 0) return [...summary.deletedPosts]
  // The author's name stands in each of his cached posts (S-17).
  const rows = await stores.postgres.query<{ id: string }>(POSTS_OF, [arrayOf(summary.changedUsers)])
  return [...summary.deletedPosts, ...rows.map((row) => row.id)]
}

interface CacheStores {
  readonly postgres: PostgresClient
  readonly redis: RedisClient
}

/**
 * Brings what Redis derives from a batch up to date after its commit: counts in cached posts, stale posts and profiles,
 * feeds of who followed or unfollowed, hidden sets. Idempotent: a restarted relay repeats its last batch (X-12, S-32).
 */
export async function applyToCaches(
  stores: CacheStores,
  events: readonly OutboxEvent[],
  summary: BatchSummary,
): Promise<void> {
  const counts = await countCommands(stores, summary.countedPosts)
  const posts = await stalePosts(stores, summary)
  const stale = [...posts.map(keys.post), ...summary.staleUsers.map(keys.user)]
  const edges = events.flatMap((event) => edgeCommands(stores.redis, event))
  await stores.redis.wave([...counts, ...edges, ...invalidation(stale)])
}
