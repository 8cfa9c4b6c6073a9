import { readFile } from 'node:fs/promises'
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

/** The declared topics. The package root is equally far from `src` and from `dist`. */
export async function topicSpecs(): Promise<readonly TopicSpec[]> {
  const text = await readFile(new URL(`../../../../../${FILE}`, import.meta.url), 'utf8')
  return JSON.parse(text) as readonly TopicSpec[]
}
