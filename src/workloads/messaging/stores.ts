import type { VariantName } from '../../core/names.ts'
import type { Stores } from '../../core/store.ts'
import type { CassandraClient } from '../../stores/cassandra/client.ts'
import type { RedisClient } from '../../stores/redis/client.ts'

/** The stores of the messaging case, each on what belongs to one variant. */
export interface MessagingStores {
  /** The server, for what is about keyspaces. */
  readonly server: CassandraClient
  readonly cassandra: CassandraClient
  readonly redis: RedisClient
}

/** The keyspace of each variant: they never see each other's data. */
export const KEYSPACES: Readonly<Record<VariantName, string>> = {
  fixed: 'arch_messaging_fixed',
  'as-written': 'arch_messaging_as_written',
}

/** The logical databases of Redis that social and commerce use come before these. */
const REDIS_DATABASES: Readonly<Record<VariantName, number>> = { fixed: 6, 'as-written': 7 }

/** The stores that a variant works on. Clients come from the pools that `stores` holds, and are closed with them. */
export function messagingStores(stores: Stores, variant: VariantName): MessagingStores {
  const server = stores['cassandra'] as CassandraClient
  return {
    server,
    cassandra: server.withKeyspace(KEYSPACES[variant]),
    redis: (stores['redis'] as RedisClient).withDatabase(REDIS_DATABASES[variant]),
  }
}
