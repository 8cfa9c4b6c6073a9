import { declaredTopics } from '../../../patterns/topics.ts'
import type { TopicSpec } from '../../../stores/kafka/client.ts'

/** The topics of schemas/analytics/topics.json. */
export const TOPIC = {
  /** Batches of events, keyed by session. */
  events: 'events',
  /** Events that no table takes, with the reason. */
  deadLetters: 'dead-letters',
} as const

/** The group that stores events. */
export const INGEST_GROUP = 'ingest'

/** The group that keeps the dashboards' rollups of the last hour. */
export const REALTIME_GROUP = 'realtime'

/** Headers of a record of topic `events`. */
export const HEADER = {
  /** The number of the batch that the record holds, which a repeated one shares (decimal). */
  batch: 'batch',
  /** The version of the encoding: `EVENT_VERSION`. */
  version: 'version',
  /** Of a record without events: where a block ends, of the group that it names. */
  cut: 'cut',
} as const

const BATCH_NUMBER = /^\d{1,19}$/

/** Whether a header holds the number of a batch. */
export function isBatchNumber(said: string | undefined): said is string {
  return said !== undefined && BATCH_NUMBER.test(said)
}

const FILE = 'schemas/analytics/topics.json'

/** The declared topics. */
export function topicSpecs(): Promise<readonly TopicSpec[]> {
  return declaredTopics(FILE)
}
