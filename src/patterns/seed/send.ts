import type { Progress } from '../../core/population.ts'
import type { RedisClient, RedisCommand } from '../../stores/redis/client.ts'

const WAVE = 500

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
