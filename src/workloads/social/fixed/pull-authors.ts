import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import { arrayOf } from '../../../patterns/arrays.ts'

/** An author with this many followers is no longer pushed (S-19). */
const PROMOTED_AT = 1000
/** And is pushed again below this many: an author at the edge does not switch with each follow. */
const DEMOTED_BELOW = 900

// A task whose post is the author himself tells his followers that he is a pull author from now on.
const SWITCH: Statement = {
  name: 'pull_authors_switch',
  text: `WITH switched AS (
  UPDATE users u SET is_pull = NOT u.is_pull, pull_switched_at = clock_timestamp()
  FROM unnest($1::bigint[]) AS touched(user_id)
    JOIN counters c ON c.shard = shard_of(touched.user_id) AND c.entity_id = touched.user_id AND c.kind = 4 AND c.slot = 0
  WHERE u.shard = shard_of(touched.user_id) AND u.user_id = touched.user_id
    AND u.is_pull <> (c.count >= CASE WHEN u.is_pull THEN ${DEMOTED_BELOW} ELSE ${PROMOTED_AT} END)
  RETURNING u.user_id, u.is_pull, u.shard
)
INSERT INTO fanout_tasks (post_id, author_id, shard) SELECT user_id, user_id, shard FROM switched WHERE is_pull
ON CONFLICT (shard, post_id) DO UPDATE SET next_follower_id = 0, chunk = 0`,
}

/**
 * Promotes and demotes the authors among `authors` whose count of followers has passed a threshold, records when, and
 * leaves a task for each promoted one. A demoted author stays in his readers' pull sets until their feeds are rebuilt.
 */
export async function switchAuthors(queries: PostgresQueries, authors: readonly string[]): Promise<void> {
  if (authors.length > 0) await queries.query(SWITCH, [arrayOf(authors)])
}
