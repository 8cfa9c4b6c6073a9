import type { Cost } from '../../../../core/cost.ts'
import type { Statement } from '../../../../stores/postgres/client.ts'
import type { Services } from '../services.ts'
import { listOf } from './ids.ts'
import type { IdSource } from './ids.ts'

/** Above every id: the cursor of a first page. */
const NEWEST = '9223372036854775807'

const PAGE: Statement = {
  name: 'feed_page',
  text: `SELECT coalesce(string_agg(post_id::text, ',' ORDER BY post_id DESC), '') AS posts FROM (
  SELECT p.post_id FROM follows f CROSS JOIN LATERAL (
    SELECT post_id FROM posts
    WHERE shard = shard_of(f.following_id) AND user_id = f.following_id AND post_id < $2 AND deleted_at IS NULL
    ORDER BY post_id DESC LIMIT $3) p
  WHERE f.shard = shard_of($1) AND f.follower_id = $1
  ORDER BY p.post_id DESC LIMIT $3) page`,
}

/**
 * A page of a reader's feed merged in PostgreSQL, whatever Redis holds: pages past the end of the stored feed (S-23),
 * and every page of fanout=pull. A block has removed the follows of both, so followed authors are visible ones.
 */
export async function databasePage(
  services: Services,
  reader: string,
  before: string,
  want: number,
  cost: Cost,
): Promise<IdSource> {
  const rows = await services.postgres.query<{ posts: string }>(
    PAGE,
    [reader, before === '' ? NEWEST : before, want],
    cost,
  )
  const ids = listOf(rows[0]?.posts ?? '')
  return { ids, complete: ids.length < want }
}
