import { OperationFailure } from '../../../../core/errors.ts'
import type { RedisClient } from '../../../../stores/redis/client.ts'
import { NAMES } from './names.ts'

const EVERY_MS = 25

/** What devices have taken out of their queues, gathered for a moment: one round trip for all of them. */
export interface TakenQueues {
  taken(address: string, position: number): void
  isEmpty(): boolean
  flush(): Promise<void>
  close(): Promise<void>
}

/** Opens the gatherer of one gateway. What is lost with it is sent again, and known by its position. */
export function openTaken(redis: RedisClient): TakenQueues {
  let gathered = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (gathered.size === 0) return
    const queues = gathered
    gathered = new Map()
    try {
      await redis.wave(
        [...queues].map(([address, position]) => [
          'zremrangebyscore',
          NAMES.queue(address),
          '-inf',
          position,
        ]),
      )
    } catch (error) {
      if (!(error instanceof OperationFailure)) throw error
      for (const [address, position] of queues) keep(address, position)
    }
  }

  function keep(address: string, position: number): void {
    gathered.set(address, Math.max(position, gathered.get(address) ?? 0))
  }

  return {
    taken(address, position) {
      keep(address, position)
      timer ??= setTimeout(() => void flush(), EVERY_MS)
    },
    isEmpty: () => gathered.size === 0,
    flush,
    close: flush,
  }
}
