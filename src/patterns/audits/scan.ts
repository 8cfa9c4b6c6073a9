import type { RedisClient } from '../../stores/redis/client.ts'

const COUNT = 2_000

/** Keys that match `pattern`, in batches as the server finds them; a key may come twice. */
export async function* scanKeys(redis: RedisClient, pattern: string): AsyncGenerator<readonly string[]> {
  let cursor = '0'
  do {
    const [reply] = await redis.wave([['scan', cursor, 'match', pattern, 'count', COUNT]])
    const [next, found] = reply as readonly [string, readonly string[]]
    if (found.length > 0) yield found
    cursor = next
  } while (cursor !== '0')
}

/** Cuts a list into parts of at most `size`. */
export function* partsOf<Item>(list: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let first = 0; first < list.length; first += size) yield list.slice(first, first + size)
}
