import type { VariantName } from '../../core/names.ts'
import type { Stores } from '../../core/store.ts'
import type { SchemaDifference, Variant, Workload } from '../../core/workload.ts'
import type { StepReport } from '../../core/population.ts'
import { topicDifferences } from '../../patterns/topics.ts'
import { analyticsOperations } from './traffic.ts'
import { asWrittenChanges } from './as-written/changes.ts'
import { asWrittenDefects } from './as-written/defects.ts'
import { asWrittenTopics } from './as-written/events.ts'
import { asWrittenStrategies, startAsWrittenIngest } from './as-written/ingest.ts'
import { openAsWritten } from './as-written/open.ts'
import { asWrittenAudits, fixedAudits } from './audits/index.ts'
import { experiments } from './experiments/index.ts'
import { startIngest } from './fixed/ingest/role.ts'
import { startRealtime } from './fixed/realtime/role.ts'
import { hotEventsDifferences } from './fixed/realtime/pinot/table.ts'
import { openFixed } from './fixed/open.ts'
import { topicSpecs } from './fixed/topics.ts'
import { flows } from './flows.ts'
import { model } from './model.ts'
import { profiles } from './profiles.ts'
import { createTables, tableDifferences } from './schema.ts'
import { seedAsWritten, seedFixed } from './seed/seed.ts'
import type { TopicSpec } from '../../stores/kafka/client.ts'
import { analyticsStores, byChosenClient, clientStrategy, DATABASES } from './stores.ts'
import { suites } from './suites.ts'
import { analyticsWorld } from './world.ts'

const topicsOf: Readonly<Record<VariantName, () => Promise<readonly TopicSpec[]>>> = {
  fixed: topicSpecs,
  'as-written': asWrittenTopics,
}

async function provisionTables(stores: Stores, variant: VariantName): Promise<StepReport> {
  const { server, clickhouse, kafka } = analyticsStores(stores, variant)
  const hadTables = await server.databaseExists(DATABASES[variant])
  if (!hadTables) await server.createDatabase(DATABASES[variant])
  const before = hadTables ? await clickhouse.tableNames() : []
  await createTables(clickhouse, variant)
  const after = await clickhouse.tableNames()
  const specs = await topicsOf[variant]()
  const topics = await topicDifferences(kafka, specs)
  await kafka.ensureTopics(specs)
  const made = after.length - before.length
  return {
    changed: made + topics.length > 0,
    summary: `${made} tables made, ${topics.length} topics made or set`,
  }
}

async function differences(stores: Stores, variant: VariantName): Promise<readonly SchemaDifference[]> {
  const { server, kafka, pinot } = analyticsStores(stores, variant)
  const tables = await tableDifferences(server, variant)
  const topics = await topicDifferences(kafka, await topicsOf[variant]())
  const hot = pinot === undefined ? [] : await hotEventsDifferences({ pinot, kafka })
  return [...tables, ...topics, ...hot]
}

/** ClickHouse makes a partition with the first row that needs it. */
function ensurePartitions(): Promise<StepReport> {
  return Promise.resolve({ changed: false, summary: 'partitions are made with their rows' })
}

const fixed: Variant = {
  description: 'the design with its defects mended: blocks that the log cuts and the sink knows again',
  defects: [],
  changes: [],
  strategies: { client: clientStrategy },
  provision: (stores) => provisionTables(stores, 'fixed'),
  schemaDifferences: (stores) => differences(stores, 'fixed'),
  ensurePartitions,
  seed: (stores, population, _choice, progress) => seedFixed(stores, population, progress),
  open: async (stores, _population, choice) =>
    openFixed(await byChosenClient(analyticsStores(stores, 'fixed'), choice)),
  roles: { ingest: startIngest, realtime: startRealtime },
  audits: fixedAudits,
}

const asWritten: Variant = {
  description: 'the text’s own table, an event a message and an insert, changed only as far as needed to run',
  defects: asWrittenDefects,
  changes: asWrittenChanges,
  strategies: asWrittenStrategies,
  provision: (stores) => provisionTables(stores, 'as-written'),
  schemaDifferences: (stores) => differences(stores, 'as-written'),
  ensurePartitions,
  seed: (stores, population, _choice, progress) => seedAsWritten(stores, population, progress),
  open: (stores) => Promise.resolve(openAsWritten(analyticsStores(stores, 'as-written'))),
  roles: { ingest: startAsWrittenIngest },
  audits: asWrittenAudits,
}

/** Case study 3: analytics over billions of rows (text, l.743-826). */
export const workload: Workload = {
  name: 'analytics',
  title: 'Analytics: events through Kafka into ClickHouse, each counted once',
  model,
  stores: ['clickhouse', 'kafka'],
  defaults: {
    scale: 1,
    population: 1_000_000,
    durationSeconds: 60,
    warmupSeconds: 10,
    maxDurationSeconds: 60,
    both: { scale: 1 / 6, maxDurationSeconds: 90 },
  },
  documentedPopulation: { size: 200e9, unit: 'events', claim: 'ANA-02' },
  profiles,
  operations: analyticsOperations,
  flows,
  variants: { fixed, 'as-written': asWritten },
  world: analyticsWorld,
  skew: 'Zipf 1.0, octave by octave: pages over 2^14, users over 2^20',
  notImplemented: [
    'Druid (ANA-13, ANA-15): Pinot is there by --strategy hot=pinot of suite realtime; else rollups of ClickHouse stand in',
  ],
  experiments,
  suites,
}
