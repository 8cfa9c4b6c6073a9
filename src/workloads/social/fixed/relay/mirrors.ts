import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import { arrayOf } from '../../../../patterns/arrays.ts'
import type { BatchSummary, Edges } from './summary.ts'

// Events of one pair need not come in the order of their commits, so a mirror is set to what the truth says now: the
// event of a later change comes later and corrects it.
const EDGES = 'unnest($1::bigint[], $2::bigint[]) AS edge(a, b)'

const LIKES_ADD: Statement = {
  name: 'relay_likes_add',
  text: `INSERT INTO likes_by_user (user_id, post_id, created_at, shard)
SELECT l.user_id, l.post_id, l.created_at, shard_of(l.user_id)
FROM ${EDGES} JOIN likes_by_post l ON l.shard = shard_of(edge.b) AND l.post_id = edge.b AND l.user_id = edge.a
ON CONFLICT DO NOTHING`,
}

const LIKES_REMOVE: Statement = {
  name: 'relay_likes_remove',
  text: `DELETE FROM likes_by_user mirror USING ${EDGES}
WHERE mirror.shard = shard_of(edge.a) AND mirror.user_id = edge.a AND mirror.post_id = edge.b
  AND NOT EXISTS (SELECT FROM likes_by_post l
    WHERE l.shard = shard_of(edge.b) AND l.post_id = edge.b AND l.user_id = edge.a)`,
}

const FOLLOWS_ADD: Statement = {
  name: 'relay_follows_add',
  text: `INSERT INTO followers (following_id, follower_id, created_at, shard)
SELECT f.following_id, f.follower_id, f.created_at, shard_of(f.following_id)
FROM ${EDGES} JOIN follows f ON f.shard = shard_of(edge.a) AND f.follower_id = edge.a AND f.following_id = edge.b
ON CONFLICT DO NOTHING`,
}

const FOLLOWS_REMOVE: Statement = {
  name: 'relay_follows_remove',
  text: `DELETE FROM followers mirror USING ${EDGES}
WHERE mirror.shard = shard_of(edge.b) AND mirror.following_id = edge.b AND mirror.follower_id = edge.a
  AND NOT EXISTS (SELECT FROM follows f
    WHERE f.shard = shard_of(edge.a) AND f.follower_id = edge.a AND f.following_id = edge.b)`,
}

const BLOCKS_ADD: Statement = {
  name: 'relay_blocks_add',
  text: `INSERT INTO blocked_by (blocked_id, user_id, created_at, shard)
SELECT b.blocked_id, b.user_id, b.created_at, shard_of(b.blocked_id)
FROM ${EDGES} JOIN blocks b ON b.shard = shard_of(edge.a) AND b.user_id = edge.a AND b.blocked_id = edge.b
ON CONFLICT DO NOTHING`,
}

async function apply(queries: PostgresQueries, statement: Statement, edges: Edges): Promise<void> {
  if (edges.from.length > 0) await queries.query(statement, [arrayOf(edges.from), arrayOf(edges.to)])
}

/** Brings the mirrored edges of a batch to what the first ones say (S-11, S-12), a statement a kind. */
export async function applyMirrors(queries: PostgresQueries, summary: BatchSummary): Promise<void> {
  const { likes, unlikes, follows, unfollows, blocks } = summary
  await apply(queries, LIKES_ADD, {
    from: [...likes.from, ...unlikes.from],
    to: [...likes.to, ...unlikes.to],
  })
  await apply(queries, LIKES_REMOVE, unlikes)
  await apply(queries, FOLLOWS_ADD, {
    from: [...follows.from, ...unfollows.from],
    to: [...follows.to, ...unfollows.to],
  })
  await apply(queries, FOLLOWS_REMOVE, unfollows)
  await apply(queries, BLOCKS_ADD, blocks)
}
