import type { Progress } from '../../../core/workload.ts'
import type { RedisClient, RedisCommand } from '../../../stores/redis/client.ts'
import type { SocialPopulation } from '../population.ts'

const WAVE = 500
/** A feed keeps its newest thousand (SOC-64). */
export const FEED_LENGTH = 1_000

/** Sends commands in waves of 500, the next one made while the last is on its way. */
export async function sendAll(
  redis: RedisClient,
  commands: Iterable<RedisCommand>,
  progress: Progress,
): Promise<number> {
  let sent = 0
  let wave: RedisCommand[] = []
  let underway: Promise<unknown> = Promise.resolve()
  const flush = async (): Promise<void> => {
    const next = wave
    wave = []
    await underway
    sent += next.length
    progress('prewarm', sent, undefined, 'keys')
    underway = redis.wave(next)
  }
  for (const command of commands) {
    wave.push(command)
    if (wave.length === WAVE) await flush()
  }
  await flush()
  await underway
  return sent
}

/** The newest post numbers of several authors, newest first, at most `limit`. */
export function newestOf(population: SocialPopulation, authors: Iterable<number>, limit: number): Int32Array {
  const lists = Array.from(authors, (author) => population.postsOf(author).subarray(0, limit))
  const all = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0))
  let filled = 0
  for (const list of lists) {
    all.set(list, filled)
    filled += list.length
  }
  return all.sort().reverse().subarray(0, limit)
}

/** Decimal ids of all seeded posts, by number. */
export function postTexts(population: SocialPopulation): readonly string[] {
  return Array.from({ length: population.posts }, (_, post) => String(population.postId(post)))
}
