import type { ReceivedMessage } from '../../../../stores/kafka/client.ts'

/** What became of the messages of one trial. */
export interface Outcome {
  readonly acknowledged: number
  /** Acknowledged, and not there. */
  readonly lost: number
  /** There more than once, each further time. */
  readonly doubled: number
  /** Not acknowledged: there or not. */
  readonly unknown: number
}

/** Messages by their numbers, from 0. */
export interface Witness {
  acknowledge(first: number, count: number): void
  /** How many have been so far. */
  readonly acknowledged: number
  /** Compares with what is stored. */
  compare(stored: AsyncIterable<ReceivedMessage>): Promise<Outcome>
}

const ACKNOWLEDGED = 1

/** @param total how many messages may be sent; others, of higher numbers, do not count */
export function newWitness(total: number): Witness {
  const asked = new Uint8Array(total)
  let acknowledged = 0
  return {
    get acknowledged() {
      return acknowledged
    },
    acknowledge(first, count) {
      asked.fill(ACKNOWLEDGED, first, first + count)
      acknowledged += count
    },
    async compare(stored) {
      const times = new Uint32Array(total)
      for await (const { key } of stored) {
        const number = Number(key)
        if (number < total) times[number] = (times[number] ?? 0) + 1
      }
      let [lost, doubled] = [0, 0]
      for (const [number, count] of times.entries()) {
        if (asked[number] === ACKNOWLEDGED && count === 0) lost += 1
        if (count > 1) doubled += count - 1
      }
      return { acknowledged, lost, doubled, unknown: total - acknowledged }
    },
  }
}
