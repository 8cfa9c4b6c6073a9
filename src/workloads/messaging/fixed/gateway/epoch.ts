import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { OperationFailure } from '../../../../core/errors.ts'
import type { RedisClient } from '../../../../stores/redis/client.ts'
import { NAMES } from './names.ts'

const AGAIN_MS = 50

/** Whether what was put into Redis is still there. */
export interface Epoch {
  /** How often the connection was lost: what was under way then may be gone. */
  losses(): number
  close(): void
}

/** What a gateway does when Redis is back. */
export interface EpochObserver {
  /** Redis holds what it held, and is connected, or tells again: what was told in between has to be looked for. */
  reconnected(): void
  /** Redis has lost all: what it held is made anew. */
  lost(): Promise<void>
}

/** The name of what Redis holds now: given where it has none. */
async function nameOf(redis: RedisClient): Promise<string> {
  const [, name] = await redis.wave([
    ['set', NAMES.epoch, randomUUID(), 'NX'],
    ['get', NAMES.epoch],
  ])
  return String(name)
}

/**
 * Follows Redis: each time the connection is lost, or what it tells was not heard for a while, it asks, as soon as it can,
 * whether the same is there.
 */
export async function followEpoch(redis: RedisClient, observer: EpochObserver): Promise<Epoch> {
  let known = await nameOf(redis)
  let losses = 0
  let isAsking = false
  let isClosed = false

  async function ask(): Promise<void> {
    while (!isClosed) {
      const asked = losses
      try {
        const name = await nameOf(redis)
        if (asked !== losses) continue
        if (name === known) observer.reconnected()
        else {
          await observer.lost()
          known = name
        }
        return
      } catch (error) {
        if (!(error instanceof OperationFailure)) throw error
        await setTimeout(AGAIN_MS)
      }
    }
  }

  function askSoon(): void {
    // Who asks already looks behind its answer, which has not come.
    if (isAsking || isClosed) return
    isAsking = true
    ask()
      .finally(() => {
        isAsking = false
      })
      .catch((error: unknown) => console.error(error))
  }

  redis.onLost(() => {
    losses += 1
    askSoon()
  })
  redis.onResubscribed(askSoon)
  return {
    losses: () => losses,
    close() {
      isClosed = true
    },
  }
}
