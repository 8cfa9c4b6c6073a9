import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { afterCommit, staleEdge } from './effects.ts'
import { keys } from './keys.ts'
import type { Services } from './services.ts'
import { obey } from './verdict.ts'

const followUser: Statement = {
  name: 'social-follow',
  text: `
WITH target AS (
  SELECT u.is_private,
    EXISTS (SELECT FROM blocks b WHERE b.shard = $1 AND b.user_id = $2 AND b.blocked_id = $4)
    OR EXISTS (SELECT FROM blocks b WHERE b.shard = $3 AND b.user_id = $4 AND b.blocked_id = $2) AS is_blocked,
    EXISTS (SELECT FROM follows f WHERE f.shard = $1 AND f.follower_id = $2 AND f.following_id = $4) AS is_followed
  FROM users u WHERE u.shard = $3 AND u.user_id = $4
), followed AS (
  INSERT INTO follows (follower_id, following_id, shard)
  SELECT $2, $4, $1 FROM target WHERE NOT is_blocked AND NOT is_private
  ON CONFLICT DO NOTHING RETURNING created_at
), requested AS (
  INSERT INTO follow_requests (target_id, requester_id, shard)
  SELECT $4, $2, $3 FROM target WHERE NOT is_blocked AND is_private AND NOT is_followed
  ON CONFLICT DO NOTHING RETURNING created_at
), told AS (
  INSERT INTO outbox (actor_id, subject_id, kind, created_at) SELECT $2, $4, 'user.followed', created_at FROM followed
)
SELECT CASE WHEN is_blocked THEN 'blocked' ELSE 'ok' END AS verdict,
  is_private AND NOT is_followed AS is_requested,
  EXISTS (SELECT FROM followed) OR EXISTS (SELECT FROM requested) AS created
FROM target`,
}

interface FollowRow {
  readonly verdict: string
  readonly is_requested: boolean
  readonly created: boolean
}

/**
 * Follows a user, or asks to where the account is private; a replay changes nothing (SOC-54). The follower's own next
 * feed holds the new author's posts; the mirrored edge and the counts follow by the outbox (S-12).
 * @throws Refusal `not-found`, `blocked`, or `self`
 */
export async function follow(
  services: Services,
  request: { followerId: bigint; followingId: bigint },
  context: Context,
): Promise<{ state: 'following' | 'requested'; created: boolean }> {
  const { followerId, followingId } = request
  if (followerId === followingId) throw new Refusal('self')
  const values = [shardOfId(followerId), followerId, shardOfId(followingId), followingId]
  const [row] = await services.postgres.query<FollowRow>(followUser, values, context.cost)
  obey(row?.verdict)
  const created = row?.created === true
  if (row?.is_requested === true) return { state: 'requested', created }
  if (created) await nowFollows(services, followerId, followingId, context)
  return { state: 'following', created }
}

/** The Redis effects of a new edge that its follower must see at once. */
export async function nowFollows(
  services: Services,
  followerId: bigint,
  followingId: bigint,
  context: Context,
): Promise<void> {
  await afterCommit(
    services,
    [staleEdge(followerId, followingId), ['srem', keys.hidden(followerId), `u${followingId}`]],
    context.cost,
  )
}
