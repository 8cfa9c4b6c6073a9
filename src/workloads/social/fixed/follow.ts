import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { afterCommit, staleEdge } from './effects.ts'
import { keys } from './keys.ts'
import type { Services } from './services.ts'
import { obey } from '../../../patterns/verdict.ts'

const followUser: Statement = {
  name: 'social-follow',
  text: 'SELECT verdict, is_requested, created FROM follow_user($1, $2)',
}

interface FollowRow {
  readonly verdict: string | null
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
  const [row] = await services.postgres.query<FollowRow>(followUser, [followerId, followingId], context.cost)
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
