import type { IPolicy } from 'cockatiel'
import type { IdGenerator } from '../../../core/snowflake.ts'
import type { ElasticsearchClient } from '../../../stores/elasticsearch/client.ts'
import type { KafkaClient } from '../../../stores/kafka/client.ts'
import type { PostgresClient } from '../../../stores/postgres/client.ts'

/** What every operation of the as-written variant works with. One per process. */
export interface Services {
  readonly postgres: PostgresClient
  readonly elasticsearch: ElasticsearchClient
  readonly kafka: KafkaClient
  readonly ids: IdGenerator
  /** Lets only so many orders be placed at a time that a connection is left for what they read beside. */
  readonly checkouts: IPolicy
}
