// Kafka as three brokers in a home of a test file's own.
import type { KafkaClient } from '../../src/stores/kafka/client.ts'
import { storeCluster } from './store-cluster.ts'
import type { StoreCluster } from './store-cluster.ts'

/** The file's brokers. */
export const kafka: StoreCluster<KafkaClient> = await storeCluster('kafka', 'cluster')
