import { OperationFailure } from '../../../../core/errors.ts'
import type { RedisClient } from '../../../../stores/redis/client.ts'
import { NAMES } from './names.ts'
import { takeOut } from './scripts.ts'

const EVERY_MS = 25

/** Up to where a device has taken its queue. A position counts within an epoch of Redis, and means nothing in another. */
export interface TakenQueue {
  readonly position: number
  readonly epoch: string
}

/** What devices have taken out of their queues, gathered for a moment: one round trip for all of them. */
export interface TakenQueues {
  taken(address: string, queue: TakenQueue): void
  isEmpty(): boolean
  flush(): Promise<void>
  close(): Promise<void>
}

/** Of two that were told of one device, what counts. */
function later(before: TakenQueue | undefined, after: TakenQueue): TakenQueue {
  return before?.epoch === after.epoch && before.position > after.position ? before : after
}

/** Opens the gatherer of one gateway. What is lost with it is sent again, and known by its position. */
export function openTaken(redis: RedisClient): TakenQueues {
  let gathered = new Map<string, TakenQueue>()
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (gathered.size === 0) return
    const queues = gathered
    gathered = new Map()
    try {
      await redis.wave(
        [...Map.groupBy(queues, ([, { epoch }]) => epoch)].map(([epoch, some]) =>
          redis.call(
            takeOut,
            [NAMES.epoch, ...some.map(([address]) => NAMES.queue(address))],
            [epoch, ...some.map(([, { position }]) => position)],
          ),
        ),
      )
    } catch (error) {
      if (!(error instanceof OperationFailure)) throw error
      for (const [address, queue] of queues) {
        const newer = gathered.get(address)
        gathered.set(address, newer === undefined ? queue : later(queue, newer))
      }
    }
  }

  return {
    taken(address, queue) {
      gathered.set(address, later(gathered.get(address), queue))
      timer ??= setTimeout(() => void flush(), EVERY_MS)
    },
    isEmpty: () => gathered.size === 0,
    flush,
    close: flush,
  }
}
