import type { Kafka, Message, Producer, RecordMetadata, RetryOptions } from 'kafkajs'
import { OperationFailure } from '../../../core/errors.ts'
import type { Outgoing, Transport } from '../outgoing.ts'
import { classify, isTransient } from './failures.ts'

const ALL_IN_SYNC = -1
/** Nothing but time makes it look anew for partitions: it passes over messages to those that it has not heard of. */
const METADATA_MS = 1_000

function messageOf({ partition, key, value, headers }: Outgoing): Message {
  return {
    partition,
    key: key ?? null,
    value,
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            [...headers].map(([name, text]): [string, Buffer] => [name.toString(), text]),
          ),
        }),
  }
}

/** Producers that connect before their first messages. */
interface LazyProducer {
  /** Answers what the driver takes for the brokers' answers. @throws the driver's error */
  send(messages: readonly Outgoing[]): Promise<readonly RecordMetadata[]>
  close(): Promise<void>
}

function ofOneTopic(kafka: Kafka, retry: RetryOptions): LazyProducer {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MS,
    retry,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  })
  let connected: Promise<Producer> | undefined

  async function connect(): Promise<Producer> {
    try {
      await producer.connect()
      return producer
    } catch (error) {
      connected = undefined
      throw error
    }
  }

  return {
    async send(messages) {
      const [first] = messages
      if (first === undefined) return []
      connected ??= connect()
      const sender = await connected
      return sender.send({ topic: first.topic, acks: ALL_IN_SYNC, messages: messages.map(messageOf) })
    },
    async close() {
      await producer.disconnect().catch(() => undefined)
    },
  }
}

/**
 * A producer for each topic: one that has sent to a topic asks about it ever after, and fails once it is deleted.
 * @param retry how often the driver itself tries again
 */
export function lazyProducer(kafka: Kafka, retry: RetryOptions): LazyProducer {
  const producers = new Map<string, LazyProducer>()
  return {
    async send(messages) {
      const topic = messages[0]?.topic ?? ''
      const producer = producers.get(topic) ?? ofOneTopic(kafka, retry)
      producers.set(topic, producer)
      return producer.send(messages)
    },
    async close() {
      await Promise.all([...producers.values()].map((producer) => producer.close()))
    },
  }
}

/**
 * Produces by kafkajs, to one partition at a time. Where a send spans partitions and a broker dies, kafkajs 2.2.4 takes
 * the answer of one broker for an answer about the partitions that it has just inherited, and acknowledges what nobody
 * has (defects.md, X-13). It makes one attempt, so that no answer of an earlier one is left to be taken so.
 */
export function kafkajsTransport(kafka: Kafka): Transport {
  const producer = lazyProducer(kafka, { retries: 0 })
  return {
    async send(messages) {
      const [first] = messages
      if (first === undefined) return
      if (messages.some(({ partition }) => partition !== first.partition))
        throw new Error('kafkajs: one partition a send, or acknowledged messages are lost')
      const answers = await producer.send(messages)
      if (!answers.some(({ partition }) => partition === first.partition))
        throw new OperationFailure('unavailable', `kafka: partition ${first.partition} is not known yet`)
    },
    forget: () => undefined,
    isTransient,
    classify,
    close: () => producer.close(),
  }
}
