import type { VariantName } from '../../core/names.ts'
import type { Stores } from '../../core/store.ts'
import type { PostgresClient } from '../../stores/postgres/client.ts'
import type { RedisClient } from '../../stores/redis/client.ts'

/** The two stores of the social case, each on the database of one variant. */
export interface SocialStores {
  readonly postgres: PostgresClient
  readonly redis: RedisClient
}

/** The PostgreSQL database and the logical Redis database of each variant: they never see each other's data. */
export const DATABASES: Readonly<Record<VariantName, { readonly postgres: string; readonly redis: number }>> =
  {
    fixed: { postgres: 'arch_social_fixed', redis: 1 },
    'as-written': { postgres: 'arch_social_as_written', redis: 2 },
  }

/** The stores that a variant works on. Clients come from the pools that `stores` holds, and are closed with them. */
export function socialStores(stores: Stores, variant: VariantName): SocialStores {
  const { postgres, redis } = DATABASES[variant]
  return {
    postgres: (stores['postgres'] as PostgresClient).withDatabase(postgres),
    redis: (stores['redis'] as RedisClient).withDatabase(redis),
  }
}
