import type { Cost } from '../../../core/cost.ts'
import { declaredTopics, freshTopics } from '../../../patterns/topics.ts'
import type { KafkaClient, ReceivedMessage } from '../../../stores/kafka/client.ts'

/** The text's queue (l.635). */
export const ORDER_CREATED = 'order.created'

const FILE = 'schemas/commerce/as-written-topics.json'

/** Empty topics: what an earlier run left in them is gone. */
export async function freshAsWrittenTopics(kafka: KafkaClient): Promise<void> {
  await freshTopics(kafka, await declaredTopics(FILE))
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
