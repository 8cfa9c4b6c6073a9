import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import { arrayOf } from '../../../../patterns/arrays.ts'
import { BEGIN_SHORT_BATCH } from './begin.ts'
import type { FanoutWork } from './fanout.ts'
import { holdTables } from './outbox.ts'
import type { BatchSummary } from './summary.ts'

/** A relay without other work for this many milliseconds copies without a pause, so that a drain ends. */
const QUIET_MS = 100
const QUIET_COPIES = 500
/** One that is at work copies once in so many milliseconds, and little: each copy is a row of its own to rewrite. */
const BUSY_MS = 1_000
const BUSY_COPIES = 200
/** One that left no mark itself looks this often: another relay may have, and died. */
const LOOK_MS = 5_000

const MARK: Statement = {
  name: 'relay_mark_stale_counts',
  text: `INSERT INTO stale_counts (entity_id, post_id, entity, shard)
SELECT changed.user_id, NULL::bigint, 'user', shard_of(changed.user_id) FROM unnest($1::bigint[]) AS changed(user_id)
UNION ALL
SELECT changed.post_id, NULL, 'post', shard_of(changed.post_id) FROM unnest($2::bigint[]) AS changed(post_id)
UNION ALL
SELECT changed.comment_id, changed.post_id, 'comment', shard_of(changed.comment_id)
FROM unnest($3::bigint[], $4::bigint[]) AS changed(comment_id, post_id)
ON CONFLICT DO NOTHING`,
}

const COPY: Statement = {
  name: 'relay_copy_counts',
  text: `WITH due AS (
  DELETE FROM stale_counts s USING (
    SELECT shard, entity_id, entity FROM stale_counts ORDER BY marked_at LIMIT $1) oldest
  WHERE s.shard = oldest.shard AND s.entity_id = oldest.entity_id AND s.entity = oldest.entity
  RETURNING s.shard, s.entity_id, s.post_id, s.entity
), posts_copied AS (
  UPDATE posts p SET like_count = truth.likes, comment_count = truth.comments
  FROM due CROSS JOIN LATERAL (
    SELECT coalesce(sum(count) FILTER (WHERE kind = 1), 0)::int AS likes,
      coalesce(sum(count) FILTER (WHERE kind = 2), 0)::int AS comments
    FROM counters c WHERE c.shard = due.shard AND c.entity_id = due.entity_id AND c.kind IN (1, 2)) truth
  WHERE due.entity = 'post' AND p.shard = due.shard AND p.post_id = due.entity_id
    AND (p.like_count, p.comment_count) IS DISTINCT FROM (truth.likes, truth.comments)
), comments_copied AS (
  UPDATE comments m SET like_count = truth.likes
  FROM due CROSS JOIN LATERAL (
    SELECT coalesce(sum(count), 0)::int AS likes
    FROM counters c WHERE c.shard = due.shard AND c.entity_id = due.entity_id AND c.kind = 3) truth
  WHERE due.entity = 'comment' AND m.shard = due.shard AND m.post_id = due.post_id AND m.comment_id = due.entity_id
    AND m.like_count <> truth.likes
), users_copied AS (
  UPDATE users u SET follower_count = truth.followers, following_count = truth.followed, post_count = truth.posts
  FROM due CROSS JOIN LATERAL (
    SELECT coalesce(sum(count) FILTER (WHERE kind = 4), 0)::int AS followers,
      coalesce(sum(count) FILTER (WHERE kind = 5), 0)::int AS followed,
      coalesce(sum(count) FILTER (WHERE kind = 6), 0)::int AS posts
    FROM counters c WHERE c.shard = due.shard AND c.entity_id = due.entity_id AND c.kind IN (4, 5, 6)) truth
  WHERE due.entity = 'user' AND u.shard = due.shard AND u.user_id = due.entity_id
    AND (u.follower_count, u.following_count, u.post_count)
      IS DISTINCT FROM (truth.followers, truth.followed, truth.posts)
)
SELECT count(*)::int AS taken FROM due`,
}

/**
 * Marks whose counts a batch changes, in its transaction: a mark is there when the change is. Likes that were counted in
 * the request (counter=row, counter=slots) are marked too: their events come after their counts (S-13, S-16).
 */
export async function markStaleCounts(queries: PostgresQueries, summary: BatchSummary): Promise<void> {
  const { countedUsers, countedPosts, countedComments } = summary
  const lists = [countedUsers, countedPosts, countedComments.from, countedComments.to]
  if (lists.some((list) => list.length > 0)) await queries.query(MARK, lists.map(arrayOf))
}

/** Copies the counts of the entities that were marked longest ago. Answers how many there were, at most `limit`. */
function copyOldest({ postgres, host }: FanoutWork, limit: number): Promise<number> {
  return postgres.transaction(async (queries) => {
    // A batch under way may have met a mark that is deleted here, and left none: what it counts must be seen, so this
    // statement waits for it, and the next one has a snapshot of its own.
    await holdTables(queries)
    const [row] = await queries.query<{ taken: number }>(COPY, [limit])
    await host.faultPoint('copies.before-commit')
    return row?.taken ?? 0
  }, BEGIN_SHORT_BATCH)
}

/**
 * Refreshes the copies of counts in the rows of users, posts and comments: now and then while the relay is at work, and
 * all that is left when it is not (S-13). To be asked after each step; answers whether to ask again at once.
 */
export function countCopies(work: FanoutWork): (isBusy: boolean) => Promise<boolean> {
  let [workedAt, copiedAt] = [performance.now(), performance.now()]
  // What ran before may have left marks.
  let mayBeStale = true
  return async (isBusy) => {
    const now = performance.now()
    if (isBusy) workedAt = now
    mayBeStale ||= isBusy || now - copiedAt >= LOOK_MS
    const isQuiet = now - workedAt >= QUIET_MS
    if (!mayBeStale || (!isQuiet && now - copiedAt < BUSY_MS)) return false
    copiedAt = now
    const limit = isQuiet ? QUIET_COPIES : BUSY_COPIES
    mayBeStale = (await copyOldest(work, limit)) === limit
    return isQuiet && mayBeStale
  }
}
