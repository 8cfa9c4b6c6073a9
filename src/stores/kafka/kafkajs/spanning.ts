import type { Kafka } from 'kafkajs'
import { countRoundTrip } from '../../../core/cost.ts'
import type { Parcel } from '../producer.ts'
import { classify } from './failures.ts'
import { lazyProducer } from './transport.ts'

/** kafkajs's own defaults, which is what makes it try again on its own. */
const RETRY = { initialRetryTime: 300, retries: 5 }

/**
 * Produces as most code of kafkajs does: one send over all partitions, repeated by the driver. It resolves though
 * messages are lost (defects.md, X-13); for experiments alone.
 */
export function spanningSender(kafka: Kafka): {
  produce(topic: string, parcels: ReadonlyMap<number, readonly Parcel[]>): Promise<void>
  close(): Promise<void>
} {
  const producer = lazyProducer(kafka, RETRY)
  return {
    async produce(_topic, parcels) {
      const all = [...parcels.values()].flat()
      try {
        await producer.send(all.flatMap(({ messages }) => messages))
      } catch (error) {
        throw classify(error)
      }
      for (const { cost, messages, bytes } of all)
        if (cost !== undefined) countRoundTrip(cost, 'kafka', 1, messages.length, bytes)
    },
    close: () => producer.close(),
  }
}
