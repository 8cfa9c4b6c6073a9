import { idOfTime } from './entries.ts'
import type { Gateway } from './gateway.ts'
import { newestOf } from './buckets.ts'
import { NAMES } from './names.ts'

/** The last message of a conversation: by Redis, which gave it its id, else by the log; 0 where nothing was said. @throws OperationFailure */
export async function lastOf(
  gateway: Pick<Gateway, 'cassandra' | 'redis'>,
  conversation: string,
): Promise<bigint> {
  const [text] = await gateway.redis.wave([['get', NAMES.last(conversation)]])
  return typeof text === 'string' ? idOfTime(text) : ((await newestOf(gateway, conversation)) ?? 0n)
}
