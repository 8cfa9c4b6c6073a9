import type { Cost } from '../../../core/cost.ts'
import type { IdGenerator } from '../../../core/snowflake.ts'
import type { ObjectCache } from '../../../patterns/cache/object-cache.ts'
import type { ElasticsearchClient } from '../../../stores/elasticsearch/client.ts'
import type { PostgresClient, PostgresQueries } from '../../../stores/postgres/client.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import type { ProductView } from '../application.ts'
import type { Guard } from './search/breaker.ts'

/** The chosen strategies of the fixed variant. */
export interface CommerceChoice {
  readonly checkout: 'conditional' | 'serializable' | 'unit-rows' | 'saga'
}

/** What every operation of the fixed variant works with. One per process. */
export interface Services {
  readonly postgres: PostgresClient
  /** The same tables over connections of their own: an order that waits for one keeps no reader waiting. */
  readonly reads: PostgresQueries
  readonly redis: RedisClient
  readonly elasticsearch: ElasticsearchClient
  /** Leaves Elasticsearch alone while it is down. */
  readonly guardSearch: Guard
  readonly ids: IdGenerator
  readonly choice: CommerceChoice
  readonly products: ObjectCache<ProductView>
  /** Units that can be ordered, at most two seconds old. */
  readonly available: (productId: bigint, cost: Cost) => Promise<number>
}
