import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { nowFollows } from './follow.ts'
import type { Services } from './services.ts'

// Only a request is accepted; a block ends requests both ways, so that none is left to accept.
const acceptRequest: Statement = {
  name: 'social-accept-follow',
  text: `
WITH accepted AS (
  DELETE FROM follow_requests WHERE shard = $1 AND target_id = $2 AND requester_id = $4 RETURNING requester_id
), followed AS (
  INSERT INTO follows (follower_id, following_id, shard) SELECT requester_id, $2, $3 FROM accepted
  ON CONFLICT DO NOTHING RETURNING created_at
), told AS (
  INSERT INTO outbox (actor_id, subject_id, kind, created_at) SELECT $4, $2, 'user.followed', created_at FROM followed
)
SELECT EXISTS (SELECT FROM followed) AS created,
  EXISTS (SELECT FROM accepted)
  OR EXISTS (SELECT FROM follows f WHERE f.shard = $3 AND f.follower_id = $4 AND f.following_id = $2) AS is_known`,
}

/**
 * The owner of a private account lets a requested follower in; a replay changes nothing (S-40).
 * @throws Refusal `not-found` when nobody asked
 */
export async function acceptFollow(
  services: Services,
  request: { userId: bigint; followerId: bigint },
  context: Context,
): Promise<{ created: boolean }> {
  const { userId, followerId } = request
  const [row] = await services.postgres.query<{ created: boolean; is_known: boolean }>(
    acceptRequest,
    [shardOfId(userId), userId, shardOfId(followerId), followerId],
    context.cost,
  )
  if (row?.is_known !== true) throw new Refusal('not-found')
  if (row.created) await nowFollows(services, followerId, userId, context)
  return { created: row.created }
}
