import type { Context } from '../../../core/operation.ts'
import type { KafkaClient } from '../../../stores/kafka/client.ts'
import type { SentBatch } from '../application.ts'
import { EVENT_VERSION } from '../events/encode.ts'
import { HEADER, TOPIC } from './topics.ts'

/**
 * Writes a batch to its session's partition, as it came: one record, acknowledged by all replicas in sync. Events
 * are not looked at here, so that a collector costs next to nothing and no event is lost for how it looks.
 */
export async function collect(kafka: KafkaClient, sent: SentBatch, context: Context): Promise<void> {
  const headers = { [HEADER.batch]: sent.batch, [HEADER.version]: EVENT_VERSION }
  await kafka.produce(TOPIC.events, [{ key: sent.sessionId, value: sent.body, headers }], context.cost)
}
