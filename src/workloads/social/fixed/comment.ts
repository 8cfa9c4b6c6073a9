import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { characterCount } from './folding.ts'
import type { Services } from './services.ts'
import { obey } from '../../../patterns/verdict.ts'

const LONGEST_COMMENT = 2_200

// The commenter's row is held while his name is copied, as a post's author is. A reply's parent is a top-level comment
// of the same post (S-47).
const insertComment: Statement = {
  name: 'social-comment',
  text: `
WITH decided AS MATERIALIZED (
  SELECT post_verdict($3, $2) AS verdict, $5::bigint IS NULL OR EXISTS (
    SELECT FROM comments WHERE shard = $1 AND post_id = $2 AND comment_id = $5 AND depth = 0 AND deleted_at IS NULL
  ) AS has_parent
), author AS (
  SELECT u.user_id, u.username, u.profile_pic_url FROM users u, decided
  WHERE u.shard = $7 AND u.user_id = $3 AND decided.verdict = 'ok' AND decided.has_parent FOR SHARE OF u
), written AS (
  INSERT INTO comments (comment_id, post_id, user_id, parent_comment_id, content, created_at, username,
    user_profile_pic, depth, shard)
  SELECT $4, $2, user_id, $5, $6, time_of($4), username, profile_pic_url, ($5::bigint IS NOT NULL)::int, $1 FROM author
  RETURNING comment_id, user_id, post_id
), told AS (
  INSERT INTO outbox (actor_id, subject_id, object_id, kind)
  SELECT user_id, comment_id, post_id, 'comment.created' FROM written
)
SELECT CASE
  WHEN verdict <> 'ok' THEN verdict
  WHEN EXISTS (SELECT FROM written) THEN 'ok'
  ELSE 'not-found' END AS verdict
FROM decided`,
}

/**
 * Comments on a post, or replies to a top-level comment of it: one round trip to PostgreSQL (SOC-09, SOC-48, SOC-49).
 * @throws Refusal `not-found` (post, parent or commenter), `blocked`, `private`, or `invalid` for an empty or too long
 *   text
 */
export async function comment(
  services: Services,
  request: { userId: bigint; postId: bigint; parentId: bigint | undefined; content: string },
  context: Context,
): Promise<{ commentId: bigint }> {
  const { userId, postId, parentId, content } = request
  const length = characterCount(content)
  if (length === 0 || length > LONGEST_COMMENT) throw new Refusal('invalid')
  const shard = shardOfId(postId)
  const commentId = services.ids.next(shard)
  const [row] = await services.postgres.query<{ verdict: string }>(
    insertComment,
    [shard, postId, userId, commentId, parentId ?? null, content, shardOfId(userId)],
    context.cost,
  )
  obey(row?.verdict)
  return { commentId }
}
