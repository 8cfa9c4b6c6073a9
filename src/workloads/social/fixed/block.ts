import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { afterCommit, staleEdge } from './effects.ts'
import { keys } from './keys.ts'
import type { Services } from './services.ts'

const blockUser: Statement = { name: 'social-block', text: 'SELECT created FROM block_user($1, $2)' }

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
  const [row] = await services.postgres.query<{ created: boolean | null }>(
    blockUser,
    [userId, blockedId],
    context.cost,
  )
  if (typeof row?.created !== 'boolean') throw new Refusal('not-found')
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
