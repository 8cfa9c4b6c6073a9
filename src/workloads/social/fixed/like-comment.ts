import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import type { Services } from './services.ts'
import { obey } from '../../../patterns/verdict.ts'

const insertLike: Statement = {
  name: 'social-like-comment',
  text: `
WITH decided AS MATERIALIZED (
  SELECT post_verdict($4, $2) AS verdict, EXISTS (
    SELECT FROM comments WHERE shard = $1 AND post_id = $2 AND comment_id = $3 AND deleted_at IS NULL
  ) AS has_comment
), written AS (
  INSERT INTO comment_likes (comment_id, user_id, shard)
  SELECT $3, $4, $1 FROM decided WHERE verdict = 'ok' AND has_comment ON CONFLICT DO NOTHING RETURNING comment_id
), told AS (
  INSERT INTO outbox (actor_id, subject_id, object_id, kind) SELECT $4, comment_id, $2, 'comment.liked' FROM written
)
SELECT CASE WHEN verdict = 'ok' AND NOT has_comment THEN 'not-found' ELSE verdict END AS verdict,
  EXISTS (SELECT FROM written) AS created
FROM decided`,
}

/**
 * Likes a comment; a replay changes nothing (SOC-50, S-14).
 * @throws Refusal `not-found` (post, or no such comment of it), `blocked` or `private`
 */
export async function likeComment(
  services: Services,
  request: { userId: bigint; postId: bigint; commentId: bigint },
  context: Context,
): Promise<{ created: boolean }> {
  const { userId, postId, commentId } = request
  const [row] = await services.postgres.query<{ verdict: string; created: boolean }>(
    insertLike,
    [shardOfId(postId), postId, commentId, userId],
    context.cost,
  )
  obey(row?.verdict)
  return { created: row?.created === true }
}
