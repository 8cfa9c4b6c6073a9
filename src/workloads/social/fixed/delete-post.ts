import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { invalidatePost } from './effects.ts'
import type { Services } from './services.ts'
import { obey } from '../../../patterns/verdict.ts'

const markDeleted: Statement = {
  name: 'social-delete-post',
  text: `
WITH post AS (
  SELECT user_id FROM posts WHERE shard = $1 AND post_id = $2
), gone AS (
  UPDATE posts SET deleted_at = clock_timestamp()
  WHERE shard = $1 AND post_id = $2 AND user_id = $3 AND deleted_at IS NULL RETURNING post_id
), told AS (
  INSERT INTO outbox (actor_id, subject_id, kind) SELECT $3, post_id, 'post.deleted' FROM gone
)
SELECT CASE WHEN user_id = $3 THEN 'ok' ELSE 'not-yours' END AS verdict, EXISTS (SELECT FROM gone) AS removed FROM post`,
}

/**
 * Deletes a post of one's own: no reader sees it again, its author at once, others within a second (S-41). A replay
 * changes nothing.
 * @throws Refusal `not-found`, or `not-yours`
 */
export async function deletePost(
  services: Services,
  request: { authorId: bigint; postId: bigint },
  context: Context,
): Promise<{ removed: boolean }> {
  const { authorId, postId } = request
  const [row] = await services.postgres.query<{ verdict: string; removed: boolean }>(
    markDeleted,
    [shardOfId(postId), postId, authorId],
    context.cost,
  )
  obey(row?.verdict)
  await invalidatePost(services, postId, context.cost)
  return { removed: row?.removed === true }
}
