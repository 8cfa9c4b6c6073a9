import type { Admin } from '@platformatic/kafka'
import { asked } from './failures.ts'
import { lookUpTopic } from './topics.ts'

/** Partitions are only ever added, and seldom: producers of a topic find out within this. */
const FRESH_MS = 10_000

interface Known {
  readonly count: number
  readonly until: number
}

/**
 * How many partitions a topic has, remembered for a while: the hot path awaits nothing.
 * @returns a function that throws OperationFailure `unexpected` when there is no such topic
 */
export function partitionCounts(admin: Admin): (topic: string) => number | Promise<number> {
  const known = new Map<string, Known>()
  const looking = new Map<string, Promise<number>>()

  async function look(topic: string): Promise<number> {
    try {
      const { partitionsCount: count } = await asked(lookUpTopic(admin, topic))
      known.set(topic, { count, until: performance.now() + FRESH_MS })
      return count
    } finally {
      looking.delete(topic)
    }
  }

  return (topic) => {
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
  }
}
