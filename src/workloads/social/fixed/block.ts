import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { afterCommit, staleEdge } from './effects.ts'
import { keys } from './keys.ts'
import type { Services } from './services.ts'

const blockUser: Statement = {
  name: 'social-block',
  text: `
WITH target AS (
  SELECT user_id FROM users WHERE shard = $3 AND user_id = $4
), blocked AS (
  INSERT INTO blocks (user_id, blocked_id, shard) SELECT $2, user_id, $1 FROM target ON CONFLICT DO NOTHING
  RETURNING created_at
), unfollowed AS (
  DELETE FROM follows WHERE shard = $1 AND follower_id = $2 AND following_id = $4 RETURNING follower_id, following_id
), lost AS (
  DELETE FROM follows WHERE shard = $3 AND follower_id = $4 AND following_id = $2 RETURNING follower_id, following_id
), withdrawn AS (
  DELETE FROM follow_requests WHERE shard = $3 AND target_id = $4 AND requester_id = $2
), refused AS (
  DELETE FROM follow_requests WHERE shard = $1 AND target_id = $2 AND requester_id = $4
), told AS (
  INSERT INTO outbox (actor_id, subject_id, kind)
  SELECT $2, $4, 'user.blocked' FROM blocked
  UNION ALL SELECT follower_id, following_id, 'user.unfollowed' FROM unfollowed
  UNION ALL SELECT follower_id, following_id, 'user.unfollowed' FROM lost
)
SELECT EXISTS (SELECT FROM blocked) AS created FROM target`,
}

/**
 * Blocks a user: ends the edges and requests between the two, and hides each from the other (X-14, S-41): at once for
 * the one who blocks, by the relay for the other. A replay changes nothing.
 * @throws Refusal `not-found`, or `self`
 */
export async function block(
  services: Services,
  request: { userId: bigint; blockedId: bigint },
  context: Context,
): Promise<{ created: boolean }> {
  const { userId, blockedId } = request
  if (userId === blockedId) throw new Refusal('self')
  const values = [shardOfId(userId), userId, shardOfId(blockedId), blockedId]
  const [row] = await services.postgres.query<{ created: boolean }>(blockUser, values, context.cost)
  if (row === undefined) throw new Refusal('not-found')
  if (row.created) {
    const edgeBack = keys.follows(blockedId, userId)
    await afterCommit(
      services,
      [
        ['sadd', keys.hidden(userId), `b${blockedId}`],
        staleEdge(userId, blockedId),
        ['del', edgeBack, keys.lease(edgeBack)],
      ],
      context.cost,
    )
  }
  return { created: row.created }
}
