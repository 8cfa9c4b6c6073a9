import type { VariantName } from '../../core/names.ts'
import type { Stores } from '../../core/store.ts'
import type { ClickHouseClient } from '../../stores/clickhouse/client.ts'
import type { Strategy, StrategyChoice } from '../../core/strategy.ts'
import type { KafkaClient } from '../../stores/kafka/client.ts'
import type { PinotClient } from '../../stores/pinot/client.ts'

/** The stores of the analytics case, each on what belongs to one variant. */
export interface AnalyticsStores {
  /** The server, for what is about databases. */
  readonly server: ClickHouseClient
  readonly clickhouse: ClickHouseClient
  readonly kafka: KafkaClient
  /** Where strategy `hot` asks for it. */
  readonly pinot?: PinotClient
}

/** Which client produces and consumes. Both keep what they acknowledge; `arch experiment kafka-client` shows what does not. */
export const clientStrategy: Strategy = {
  description: 'who speaks to Kafka: @platformatic/kafka, or kafkajs with one partition a send (X-13)',
  values: ['platformatic', 'kafkajs'],
  default: 'platformatic',
}

/** Which store answers dashboards. Pinot is fetched and started for it, where it is chosen. */
export const hotStrategy: Strategy = {
  description: 'what keeps the last hour for dashboards: rollups of ClickHouse, or events in Pinot (ANA-15)',
  values: ['clickhouse', 'pinot'],
  default: 'clickhouse',
  stores: { pinot: ['pinot'] },
}

/** The same stores, with Kafka by the client that was chosen. */
export async function byChosenClient(
  stores: AnalyticsStores,
  { client }: StrategyChoice,
): Promise<AnalyticsStores> {
  return {
    ...stores,
    kafka: await stores.kafka.withClient(client === 'kafkajs' ? 'kafkajs' : 'platformatic'),
  }
}

/** The database of each variant: they never see each other's data. */
export const DATABASES: Readonly<Record<VariantName, string>> = {
  fixed: 'arch_analytics_fixed',
  'as-written': 'arch_analytics_as_written',
}

/** The stores that a variant works on. Clients come from the pools that `stores` holds, and are closed with them. */
export function analyticsStores(stores: Stores, variant: VariantName): AnalyticsStores {
  const server = stores['clickhouse'] as ClickHouseClient
  const pinot = stores['pinot'] as PinotClient | undefined
  return {
    ...(pinot === undefined ? {} : { pinot }),
    server,
    clickhouse: server.withDatabase(DATABASES[variant]),
    kafka: (stores['kafka'] as KafkaClient).withPrefix(`arch-analytics-${variant}-`),
  }
}
