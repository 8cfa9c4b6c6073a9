import type { Variant, Workload } from '../../core/workload.ts'
import { topicDifferences } from '../../patterns/topics.ts'
import { analyticsOperations } from './traffic.ts'
import { fixedAudits } from './audits/index.ts'
import { startIngest } from './fixed/ingest/role.ts'
import { openFixed } from './fixed/open.ts'
import { topicSpecs } from './fixed/topics.ts'
import { flows } from './flows.ts'
import { model } from './model.ts'
import { profiles } from './profiles.ts'
import { createTables, tableDifferences } from './schema.ts'
import { seedFixed } from './seed/seed.ts'
import { analyticsStores, DATABASES } from './stores.ts'
import { suites } from './suites.ts'
import { analyticsWorld } from './world.ts'

const fixed: Variant = {
  description: 'the design with its defects mended: blocks that the log cuts and the sink knows again',
  defects: [],
  changes: [],
  strategies: {},
  async provision(stores) {
    const { server, clickhouse, kafka } = analyticsStores(stores, 'fixed')
    const hadTables = await server.databaseExists(DATABASES.fixed)
    if (!hadTables) await server.createDatabase(DATABASES.fixed)
    const before = hadTables ? await clickhouse.tableNames() : []
    await createTables(clickhouse, 'fixed')
    const after = await clickhouse.tableNames()
    const specs = await topicSpecs()
    const topics = await topicDifferences(kafka, specs)
    await kafka.ensureTopics(specs)
    const made = after.length - before.length
    return {
      changed: made + topics.length > 0,
      summary: `${made} tables made, ${topics.length} topics made or set`,
    }
  },
  async schemaDifferences(stores) {
    const { server, kafka } = analyticsStores(stores, 'fixed')
    return [
      ...(await tableDifferences(server, 'fixed')),
      ...(await topicDifferences(kafka, await topicSpecs())),
    ]
  },
  // ClickHouse makes a partition with the first row that needs it.
  ensurePartitions: () => Promise.resolve({ changed: false, summary: 'partitions are made with their rows' }),
  seed: (stores, population, _choice, progress) => seedFixed(stores, population, progress),
  open: (stores) => Promise.resolve(openFixed(analyticsStores(stores, 'fixed'))),
  roles: { ingest: startIngest },
  audits: fixedAudits,
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
  },
  documentedPopulation: { size: 200e9, unit: 'events', claim: 'ANA-02' },
  profiles,
  operations: analyticsOperations,
  flows,
  variants: { fixed, 'as-written': fixed },
  world: analyticsWorld,
  skew: 'Zipf 1.0, octave by octave: pages over 2^14, users over 2^20',
  experiments: {},
  suites,
}
