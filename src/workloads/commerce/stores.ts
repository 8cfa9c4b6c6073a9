import type { VariantName } from '../../core/names.ts'
import type { Stores } from '../../core/store.ts'
import type { ElasticsearchClient } from '../../stores/elasticsearch/client.ts'
import type { KafkaClient } from '../../stores/kafka/client.ts'
import type { PostgresClient } from '../../stores/postgres/client.ts'
import type { RedisClient } from '../../stores/redis/client.ts'

/** The stores of the commerce case, each on what belongs to one variant. */
export interface CommerceStores {
  readonly postgres: PostgresClient
  readonly redis: RedisClient
  readonly elasticsearch: ElasticsearchClient
  readonly kafka: KafkaClient
}

/** The PostgreSQL database and the logical Redis database of each variant: they never see each other's data. */
export const DATABASES: Readonly<Record<VariantName, { readonly postgres: string; readonly redis: number }>> =
  {
    fixed: { postgres: 'arch_commerce_fixed', redis: 3 },
    'as-written': { postgres: 'arch_commerce_as_written', redis: 4 },
  }

/** The stores that a variant works on. Clients come from the pools that `stores` holds, and are closed with them. */
export function commerceStores(stores: Stores, variant: VariantName): CommerceStores {
  const { postgres, redis } = DATABASES[variant]
  const prefix = `arch-commerce-${variant}-`
  return {
    postgres: (stores['postgres'] as PostgresClient).withDatabase(postgres),
    redis: (stores['redis'] as RedisClient).withDatabase(redis),
    elasticsearch: (stores['elasticsearch'] as ElasticsearchClient).withPrefix(prefix),
    kafka: (stores['kafka'] as KafkaClient).withPrefix(prefix),
  }
}
