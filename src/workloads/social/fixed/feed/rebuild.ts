import type { Cost } from '../../../../core/cost.ts'
import type { Statement } from '../../../../stores/postgres/client.ts'
import { keys } from '../keys.ts'
import type { Services } from '../services.ts'
import { END, KEPT, listOf, sourceOf } from './ids.ts'
import type { IdSource } from './ids.ts'
import { lead } from './lease.ts'
import { STORE_FEED } from './scripts.ts'

/** How many ids a rebuild reads: ten pages; what is older comes from PostgreSQL when somebody asks. */
const REBUILT = 200
/** A reader who comes once holds memory this long (S-37, S-42). */
const PROBATION_SECONDS = 15

/** A feed as PostgreSQL holds it now. */
export interface RebuiltFeed {
  readonly feed: IdSource
  readonly pulls: readonly string[]
  readonly blocked: readonly string[]
}

interface RebuildRow {
  readonly posts: string
  readonly pulls: string
  readonly blocked: string
  readonly horizon: string
}

// The limit stands in each author's subquery, so that no author is read deeper than the feed can show (S-25).
const REBUILD: Statement = {
  name: 'feed_rebuild',
  text: `WITH followed AS MATERIALIZED (
  SELECT f.following_id AS author_id, $3 AND u.is_pull AS is_pull
  FROM follows f JOIN users u ON u.shard = shard_of(f.following_id) AND u.user_id = f.following_id
  WHERE f.shard = shard_of($1) AND f.follower_id = $1
), newest AS (
  SELECT p.post_id FROM followed f CROSS JOIN LATERAL (
    SELECT post_id FROM posts
    WHERE shard = shard_of(f.author_id) AND user_id = f.author_id AND deleted_at IS NULL
    ORDER BY post_id DESC LIMIT $2) p
  WHERE NOT f.is_pull ORDER BY p.post_id DESC LIMIT $2
)
SELECT coalesce((SELECT string_agg(post_id::text, ',' ORDER BY post_id DESC) FROM newest), '') AS posts,
  coalesce((SELECT string_agg(author_id::text, ',') FROM followed WHERE is_pull), '') AS pulls,
  coalesce((SELECT string_agg(other::text, ',') FROM (
    SELECT blocked_id AS other FROM blocks WHERE shard = shard_of($1) AND user_id = $1
    UNION SELECT user_id FROM blocked_by WHERE shard = shard_of($1) AND blocked_id = $1) b), '') AS blocked,
  pg_snapshot_xmin(pg_current_snapshot())::text AS horizon`,
}

interface ReadFeed extends RebuiltFeed {
  readonly row: RebuildRow
  /** The ids as they are stored: a complete list ends in its mark. */
  readonly list: string
}

async function readTables(services: Services, reader: string, cost: Cost): Promise<ReadFeed> {
  const pull = services.choice.fanout === 'hybrid'
  const rows = await services.postgres.query<RebuildRow>(REBUILD, [reader, REBUILT, pull], cost)
  const row = rows[0] ?? { posts: '', pulls: '', blocked: '', horizon: '0' }
  const full = listOf(row.posts).length >= REBUILT
  const list = full ? row.posts : row.posts === '' ? END : `${row.posts},${END}`
  return { feed: sourceOf(list), pulls: listOf(row.pulls), blocked: listOf(row.blocked), row, list }
}

/** The newest 200 ids of a reader's feed from PostgreSQL, in one statement, stored nowhere (SOC-70, SOC-71). */
export function computeFeed(services: Services, reader: string, cost: Cost): Promise<RebuiltFeed> {
  return readTables(services, reader, cost)
}

/**
 * Rebuilds a cold feed for the holder of the lease `token`: one statement, one script. What was pushed meanwhile is
 * merged; nothing is stored when the lease is gone, since the reader has followed or unfollowed somebody (S-22, S-36).
 */
export function rebuildFeed(
  services: Services,
  reader: string,
  token: string,
  cost: Cost,
): Promise<RebuiltFeed> {
  const feed = keys.feed(reader)
  return lead(services.redis, feed, token, async () => {
    const read = await readTables(services, reader, cost)
    const stored = [feed, keys.pulls(reader), keys.hidden(reader), keys.lease(feed)]
    const { pulls, blocked, horizon } = read.row
    const args = [token, read.list, pulls, blocked, horizon, PROBATION_SECONDS, KEPT]
    await services.redis.wave([services.redis.call(STORE_FEED, stored, args)], cost)
    return read
  })
}
