import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { nowFollows } from './follow.ts'
import type { Services } from './services.ts'

const acceptRequest: Statement = {
  name: 'social-accept-follow',
  text: 'SELECT is_known, created FROM accept_follow($1, $2)',
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
    [userId, followerId],
    context.cost,
  )
  if (row?.is_known !== true) throw new Refusal('not-found')
  if (row.created) await nowFollows(services, followerId, userId, context)
  return { created: row.created }
}
