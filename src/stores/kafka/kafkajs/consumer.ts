import type { Consumer, Kafka } from 'kafkajs'
import type { ConsumeOptions } from '../client.ts'

/** A member that is silent for longer is taken for dead, and its partitions go to others. */
export const SESSION_MS = 10_000
/** How often a member says that it is there, milliseconds. */
export const HEARTBEAT_MS = 1_000
/** What it was told of leaders by a broker that had not heard yet, it would believe for five minutes, and read nobody's. */
const METADATA_MS = 5_000
const REBALANCE_MS = 10_000
/** A rebalance waits for a fetch to come back, so it is short. */
const FETCH_WAIT_MS = 250
const PARTITION_BYTES = 2 ** 20
const REQUEST_BYTES = 8 * 2 ** 20
/** Of a fetch that gathers: more than comes in its time. */
const GATHERED_BYTES = 2 ** 20

/** A consumer that has joined nothing yet. After a few attempts it starts again, and looks anew for its coordinator. */
export function kafkajsConsumer(kafka: Kafka, options: ConsumeOptions): Consumer {
  const { group, gatherMs } = options
  return kafka.consumer({
    groupId: group,
    sessionTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: REBALANCE_MS,
    minBytes: gatherMs === undefined ? 1 : GATHERED_BYTES,
    maxWaitTimeInMs: gatherMs ?? FETCH_WAIT_MS,
    maxBytesPerPartition: PARTITION_BYTES,
    maxBytes: REQUEST_BYTES,
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MS,
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 1_000,
      retries: 4,
      restartOnFailure: () => Promise.resolve(true),
    },
  })
}
