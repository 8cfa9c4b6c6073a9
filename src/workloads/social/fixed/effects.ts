import type { Cost } from '../../../core/cost.ts'
import { OperationFailure } from '../../../core/errors.ts'
import type { RedisCommand } from '../../../stores/redis/client.ts'
import { keys } from './keys.ts'
import type { Services } from './services.ts'

/**
 * The actor's own Redis effects of a committed write, in one wave. A cache server that does not answer must not turn
 * an acknowledged write into a failure: the relay repeats what others must see.
 */
export async function afterCommit(
  services: Services,
  commands: readonly RedisCommand[],
  cost: Cost,
): Promise<void> {
  try {
    await services.redis.wave(commands, cost)
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error
  }
}

/** What a reader's change of whom he follows makes stale: his feed, his pull authors, the edge. */
export function staleEdge(reader: bigint, author: bigint): RedisCommand {
  const stale = [keys.feed(reader), keys.pulls(reader), keys.follows(reader, author)]
  return ['del', ...stale, ...stale.map(keys.lease)]
}

/** Forgets a post in every process. */
export async function invalidatePost(services: Services, postId: bigint, cost: Cost): Promise<void> {
  const ids = [postId.toString()]
  services.cache.posts.forget(ids)
  await afterCommit(services, services.cache.posts.invalidation(ids), cost)
  services.cache.posts.forget(ids)
}

/** Forgets a profile in every process. */
export async function invalidateUser(services: Services, userId: bigint, cost: Cost): Promise<void> {
  const ids = [userId.toString()]
  services.cache.users.forget(ids)
  await afterCommit(services, services.cache.users.invalidation(ids), cost)
  services.cache.users.forget(ids)
}
