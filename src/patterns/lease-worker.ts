import type { RedisClient } from '../stores/redis/client.ts'

/** Worker numbers in ids: 6 bits. */
const WORKERS = 64

/**
 * A worker number for the ids of this process: the next one in turn, so that no two of up to 64 processes that are
 * alive share one, whoever started them.
 * @throws OperationFailure `unavailable` when Redis does not answer
 */
export async function leaseWorker(redis: RedisClient): Promise<number> {
  const [turn] = await redis.wave([['incr', 'workers']])
  return Number(turn) % WORKERS
}
