import { ProduceAcks, Producer } from '@platformatic/kafka'
import type { StoreEndpoint } from '../../core/store.ts'
import { closerOf, driverOptions } from './driver.ts'
import { classify, isTransient } from './failures.ts'
import type { Outgoing, Transport } from './outgoing.ts'

/** Produces by @platformatic/kafka. Its own attempts may wait on a dead broker: it makes one. */
export function platformaticTransport(endpoint: StoreEndpoint, applicationName: string): Transport {
  const producer = new Producer(driverOptions(endpoint, applicationName, { retries: 0, retryDelay: 0 }))

  /** The driver would take the remainder for a partition that it has not heard of: the key would be in a wrong place. */
  function hearOf({ topic, partition }: Outgoing): void {
    const heardOf = producer.currentMetadata?.topics.get(topic)?.partitionsCount
    if (heardOf !== undefined && partition >= heardOf) producer.clearMetadata()
  }

  return {
    async send(messages) {
      for (const message of messages.slice(0, 1)) hearOf(message)
      await producer.send({ messages: [...messages], acks: ProduceAcks.ALL })
    },
    forget: () => producer.clearMetadata(),
    isTransient,
    classify,
    close: closerOf(
      (event, listener) => producer.on(`client:broker:${event}`, listener),
      () => producer.close(true),
    ),
  }
}
