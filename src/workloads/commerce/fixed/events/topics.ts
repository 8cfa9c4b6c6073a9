import { declaredTopics } from '../../../../patterns/topics.ts'
import type { TopicSpec } from '../../../../stores/kafka/client.ts'

/** The topics of schemas/commerce/topics.json. */
export const TOPIC = {
  /** Keyed by order: what becomes of one order is in order. */
  orders: 'order-events',
  /** Keyed by product. */
  products: 'product-events',
  /** What no consumer could read, with the reason. */
  deadLetters: 'dead-letters',
} as const

const FILE = 'schemas/commerce/topics.json'

/** The declared topics. */
export function topicSpecs(): Promise<readonly TopicSpec[]> {
  return declaredTopics(FILE)
}
