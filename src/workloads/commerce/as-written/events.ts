import { readFile } from 'node:fs/promises'
import type { Cost } from '../../../core/cost.ts'
import type { KafkaClient, ReceivedMessage, TopicSpec } from '../../../stores/kafka/client.ts'

/** The text's queue (l.635). */
export const ORDER_CREATED = 'order.created'

const FILE = 'schemas/commerce/as-written-topics.json'

/** Empty topics: what an earlier run left in them is gone. The package root is equally far from `src` and from `dist`. */
export async function freshAsWrittenTopics(kafka: KafkaClient): Promise<void> {
  const text = await readFile(new URL(`../../../../${FILE}`, import.meta.url), 'utf8')
  const specs = JSON.parse(text) as readonly TopicSpec[]
  await kafka.deleteTopics(specs.map(({ name }) => name))
  await kafka.ensureTopics(specs)
}

/** The text's `queue.publish('order.created', ...)`. @throws OperationFailure when Kafka does not take it */
export async function publishOrderCreated(kafka: KafkaClient, orderId: bigint, cost: Cost): Promise<void> {
  const value = JSON.stringify({ order_id: orderId.toString() })
  await kafka.produce(ORDER_CREATED, [{ key: undefined, value }], cost)
}

/** The order that a message tells of, as a decimal string. */
export function orderOf(message: ReceivedMessage): string {
  const { order_id: order } = JSON.parse(message.value.toString('utf8')) as { order_id: string }
  return order
}
