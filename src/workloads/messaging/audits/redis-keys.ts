import type { RedisClient } from '../../../stores/redis/client.ts'

const SCANNED = 1_000

/** The names of all keys, some hundred at a time. @throws OperationFailure */
export async function* redisKeys(redis: RedisClient): AsyncGenerator<readonly string[]> {
  let cursor = '0'
  do {
    const [reply] = await redis.wave([['scan', cursor, 'count', SCANNED]])
    const [next, names] = Array.isArray(reply) ? reply : []
    cursor = String(next)
    if (Array.isArray(names) && names.length > 0) yield names.map(String)
  } while (cursor !== '0')
}
