import type { VariantName } from '../../core/names.ts'
import type { Stores } from '../../core/store.ts'
import type { ClickHouseClient } from '../../stores/clickhouse/client.ts'
import type { KafkaClient } from '../../stores/kafka/client.ts'

/** The stores of the analytics case, each on what belongs to one variant. */
export interface AnalyticsStores {
  /** The server, for what is about databases. */
  readonly server: ClickHouseClient
  readonly clickhouse: ClickHouseClient
  readonly kafka: KafkaClient
}

/** The database of each variant: they never see each other's data. */
export const DATABASES: Readonly<Record<VariantName, string>> = {
  fixed: 'arch_analytics_fixed',
  'as-written': 'arch_analytics_as_written',
}

/** The stores that a variant works on. Clients come from the pools that `stores` holds, and are closed with them. */
export function analyticsStores(stores: Stores, variant: VariantName): AnalyticsStores {
  const server = stores['clickhouse'] as ClickHouseClient
  return {
    server,
    clickhouse: server.withDatabase(DATABASES[variant]),
    kafka: (stores['kafka'] as KafkaClient).withPrefix(`arch-analytics-${variant}-`),
  }
}
