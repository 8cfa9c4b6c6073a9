import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from '@platformatic/kafka'
import { classify, isTransient } from './failures.ts'
import { lookUpTopic } from './topics.ts'

/** Partitions are only ever added, and seldom: producers elsewhere find out within this. */
const FRESH_MS = 10_000
const PAUSE_MS = 100

interface Known {
  readonly count: number
  readonly until: number
}

/** How many partitions topics have, remembered for a while: the hot path awaits nothing. */
export interface PartitionCounts {
  /** @throws OperationFailure `unexpected` when there is no such topic; `unavailable` or `timeout` when it cannot be asked */
  of(topic: string): number | Promise<number>
  /** After topics were made, grown or deleted by this client. */
  forget(): void
}

/** @param patienceMs how long a store that does not answer is asked again */
export function partitionCounts(admin: Admin, patienceMs: number): PartitionCounts {
  const known = new Map<string, Known>()
  const looking = new Map<string, Promise<number>>()

  async function ask(topic: string): Promise<number> {
    const deadline = performance.now() + patienceMs
    for (;;) {
      try {
        return (await lookUpTopic(admin, topic)).partitionsCount
      } catch (error) {
        if (!isTransient(error) || admin.closed || performance.now() > deadline) throw classify(error)
      }
      await sleep(PAUSE_MS)
    }
  }

  async function look(topic: string): Promise<number> {
    try {
      const count = await ask(topic)
      known.set(topic, { count, until: performance.now() + FRESH_MS })
      return count
    } finally {
      looking.delete(topic)
    }
  }

  return {
    of(topic) {
      const found = known.get(topic)
      if (found !== undefined && performance.now() < found.until) return found.count
      let answer = looking.get(topic)
      if (answer === undefined) {
        answer = look(topic)
        looking.set(topic, answer)
      }
      if (found === undefined) return answer
      // Known from before, and good enough while the store cannot be asked.
      answer.catch(() => undefined)
      return found.count
    },
    forget: () => known.clear(),
  }
}
