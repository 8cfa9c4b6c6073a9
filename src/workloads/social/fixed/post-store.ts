import type { Cost } from '../../../core/cost.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { PostgresClient, Statement } from '../../../stores/postgres/client.ts'
import type { CachedPost } from './cached-post.ts'
import { together } from '../../../patterns/together.ts'

interface PostRow {
  readonly post_id: bigint
  readonly user_id: bigint
  readonly username: string
  readonly picture: string
  readonly caption: string
  readonly media_urls: readonly string[]
  readonly is_private: boolean
  readonly likes: bigint
  readonly comments: bigint
}

// Joined one by one, so that each id is looked for in the one month that it can be in, under a kept plan (S-31).
const loadPosts: Statement = {
  name: 'social-load-posts',
  text: `
SELECT p.post_id, p.user_id, u.username, coalesce(u.profile_pic_url, '') AS picture, p.caption, p.media_urls,
  u.is_private, c.likes, c.comments
FROM unnest($1::smallint[], $2::bigint[]) AS wanted(shard, post_id)
JOIN posts p ON p.shard = wanted.shard AND p.post_id = wanted.post_id AND p.deleted_at IS NULL
JOIN users u ON u.shard = p.shard AND u.user_id = p.user_id
CROSS JOIN LATERAL (
  SELECT coalesce(sum(count) FILTER (WHERE kind = 1), 0)::bigint AS likes,
    coalesce(sum(count) FILTER (WHERE kind = 2), 0)::bigint AS comments
  FROM counters WHERE shard = p.shard AND entity_id = p.post_id AND kind IN (1, 2)
) c`,
}

/** Statements on their way at a time, and callers that one answers: what is missed meanwhile is asked for by the next. */
const LOADS = { inFlight: 2, atOnce: 64 }

type Posts = ReadonlyMap<string, CachedPost>

async function askForPosts(postgres: PostgresClient, ids: ReadonlySet<string>, cost: Cost): Promise<Posts> {
  const postIds = Array.from(ids, BigInt)
  const rows = await postgres.query<PostRow>(loadPosts, [postIds.map(shardOfId), postIds], cost)
  return new Map(rows.map((row) => [row.post_id.toString(), cachedPost(row)]))
}

/** Loads posts by id with their counts, one statement for all that are missed at once; deleted ones are not there. */
export function postLoader(postgres: PostgresClient): (ids: readonly string[], cost: Cost) => Promise<Posts> {
  return together<readonly string[], Posts>(async (wanted, cost) => {
    const posts = await askForPosts(postgres, new Set(wanted.flat()), cost)
    return wanted.map(() => posts)
  }, LOADS)
}

function cachedPost(row: PostRow): CachedPost {
  return {
    author: row.user_id.toString(),
    authorIsPrivate: row.is_private,
    view: {
      postId: row.post_id,
      authorId: row.user_id,
      username: row.username,
      pictureUrl: row.picture,
      caption: row.caption,
      mediaUrls: row.media_urls,
      // A sum that runs behind an unlike may be below zero for a moment.
      likeCount: Math.max(0, Number(row.likes)),
      commentCount: Math.max(0, Number(row.comments)),
    },
  }
}
