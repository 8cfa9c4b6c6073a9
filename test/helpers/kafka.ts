// What tests of Kafka share: topics, messages, and consumers that wait for enough of them.
import t from 'tap'
import type { Test } from 'tap'
import type {
  KafkaClient,
  KafkaClientName,
  KafkaMessage,
  ReceivedMessage,
} from '../../src/stores/kafka/client.ts'

/** Messages `0`, `1` ... of ten keys. */
export function messages(count: number): KafkaMessage[] {
  return Array.from({ length: count }, (_, index) => ({ key: `key ${index % 10}`, value: String(index) }))
}

/** Everything that a topic holds. */
export async function whole(client: KafkaClient, name: string): Promise<ReceivedMessage[]> {
  const read: ReceivedMessage[] = []
  for await (const message of client.readTopic(name)) read.push(message)
  return read
}

/** A consumer's handler that keeps what it is handed, and a promise that it is enough. */
export interface Gathering {
  readonly seen: ReceivedMessage[]
  readonly full: Promise<void>
  readonly handle: (batch: readonly ReceivedMessage[]) => Promise<void>
}

/** Gathers messages until there are `enough`. */
export function gathering(enough: number): Gathering {
  const seen: ReceivedMessage[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    seen,
    full: promise,
    async handle(batch) {
      seen.push(...batch)
      if (seen.length >= enough) resolve()
    },
  }
}

/** For consumers that nothing may go wrong with. */
export function fails(error: unknown): void {
  throw error
}

/** The clients that keep what they acknowledge: each passes the same suite. */
export const KEEPING: readonly KafkaClientName[] = ['platformatic', 'kafkajs']

/** Makes a topic of 4 partitions, or as many as is said. */
type MakeTopic = (name: string, partitions?: number) => Promise<string>
type Body = (test: Test, client: KafkaClient, topic: MakeTopic, name: KafkaClientName) => Promise<void>

/** Every client of one Kafka, on topics and groups of its own. */
export async function clientsOf(kafka: KafkaClient): Promise<{
  /** A test of each. */
  readonly both: (rule: string, body: Body) => void
}> {
  const clients = await Promise.all(
    KEEPING.map(async (name) => [name, (await kafka.withClient(name)).withPrefix(`${name}.`)] as const),
  )
  return {
    both(rule, body) {
      for (const [name, client] of clients) {
        const topic: MakeTopic = async (of, partitions = 4) => {
          await client.ensureTopics([{ name: of, partitions, settings: {} }])
          return of
        }
        void t.test(`${name}: ${rule}`, (test) => body(test, client, topic, name))
      }
    },
  }
}
