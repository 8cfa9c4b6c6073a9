import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { afterCommit, staleEdge } from './effects.ts'
import { keys } from './keys.ts'
import type { Services } from './services.ts'

const unfollowUser: Statement = {
  name: 'social-unfollow',
  text: `
WITH gone AS (
  DELETE FROM follows WHERE shard = $1 AND follower_id = $2 AND following_id = $4 RETURNING following_id
), withdrawn AS (
  DELETE FROM follow_requests WHERE shard = $3 AND target_id = $4 AND requester_id = $2 RETURNING target_id
), told AS (
  INSERT INTO outbox (actor_id, subject_id, kind) SELECT $2, following_id, 'user.unfollowed' FROM gone
)
SELECT EXISTS (SELECT FROM gone) AS removed`,
}

/**
 * Unfollows a user, or withdraws the request; a replay changes nothing. The follower's own next feed is without that
 * author, even if a push to it is on its way (S-41). `removed` tells of the edge, not of a request.
 */
export async function unfollow(
  services: Services,
  request: { followerId: bigint; followingId: bigint },
  context: Context,
): Promise<{ removed: boolean }> {
  const { followerId, followingId } = request
  const values = [shardOfId(followerId), followerId, shardOfId(followingId), followingId]
  const [row] = await services.postgres.query<{ removed: boolean }>(unfollowUser, values, context.cost)
  const removed = row?.removed === true
  if (removed) {
    const hidden = ['sadd', keys.hidden(followerId), `u${followingId}`] as const
    await afterCommit(services, [hidden, staleEdge(followerId, followingId)], context.cost)
  }
  return { removed }
}
