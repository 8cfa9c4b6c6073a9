import type { VariantName } from '../../core/names.ts'
import type { Variant, Workload } from '../../core/workload.ts'
import { leaseWorker } from '../../patterns/lease-worker.ts'
import { schemaDifferences } from '../../patterns/schema/differences.ts'
import { ensurePartitions } from '../../patterns/schema/partitions.ts'
import { provisionSchema } from '../../patterns/schema/provision.ts'
import { asWrittenChanges } from './as-written/changes.ts'
import { asWrittenCodeChanges } from './as-written/code-changes.ts'
import { asWrittenRoles } from './as-written/consumers.ts'
import { asWrittenDefects } from './as-written/defects.ts'
import { CONNECTIONS, openAsWritten } from './as-written/open.ts'
import { asWrittenAudits, fixedAudits } from './audits/index.ts'
import { chooseHotProducts, hotProducts } from './fixed/checkout/unit-rows.ts'
import { derivedDifferences, provisionDerived } from './fixed/derived-stores.ts'
import { experiments } from './experiments/index.ts'
import { confirmations } from './fixed/events/confirmations.ts'
import { consumerRole } from './fixed/events/consumer.ts'
import { newIndexer } from './fixed/events/indexer.ts'
import { notices } from './fixed/events/notices.ts'
import { startRelay } from './fixed/events/relay.ts'
import { sellers } from './fixed/events/sellers.ts'
import { openFixed } from './fixed/open.ts'
import { fixedStrategies } from './fixed/strategies.ts'
import { flows } from './flows.ts'
import { model, stockNotes } from './model.ts'
import { buildPopulation } from './population/build.ts'
import { profiles } from './profiles.ts'
import { commerceSchema } from './schema.ts'
import { seedVariant } from './seed/seed.ts'
import { commerceStores } from './stores.ts'
import { commerceOperations } from './traffic.ts'
import { commerceWorld } from './world.ts'

/** What both variants do to their PostgreSQL database, each with its own schema files. */
function schemaOf(
  variant: VariantName,
): Pick<Variant, 'provision' | 'schemaDifferences' | 'ensurePartitions' | 'seed'> {
  const schema = commerceSchema(variant)
  return {
    provision: (stores) => provisionSchema(commerceStores(stores, variant).postgres, schema),
    schemaDifferences: (stores) => schemaDifferences(commerceStores(stores, variant).postgres, schema),
    ensurePartitions: (stores, monthsAhead) =>
      ensurePartitions(commerceStores(stores, variant).postgres, schema, monthsAhead),
    seed: (stores, population, _choice, progress) => seedVariant(variant, stores, population, progress),
  }
}

const fixed: Variant = {
  description: 'the design with its defects mended: conditional stock, ledger, outbox, idempotent orders',
  defects: [],
  changes: [],
  strategies: fixedStrategies,
  ...schemaOf('fixed'),
  async provision(stores) {
    const own = commerceStores(stores, 'fixed')
    const tables = await provisionSchema(own.postgres, commerceSchema('fixed'))
    const derived = await provisionDerived(own)
    return {
      changed: tables.changed || derived.changed,
      summary: `${tables.summary}; ${derived.summary}`,
    }
  },
  async schemaDifferences(stores) {
    const own = commerceStores(stores, 'fixed')
    return [
      ...(await schemaDifferences(own.postgres, commerceSchema('fixed'))),
      ...(await derivedDifferences(own)),
    ]
  },
  async open(stores, population, choice) {
    const own = commerceStores(stores, 'fixed')
    const isPooled = choice['checkout'] === 'unit-rows'
    await chooseHotProducts(own.postgres, isPooled ? hotProducts(buildPopulation(population)) : [])
    return openFixed(own, choice, await leaseWorker(own.redis))
  },
  // On two cores: with more, sessions only wait for each other's rows; with fewer, the server waits for the next request.
  poolSize: 3,
  // Checkout has a second. Who would wait for most of it is turned away at once: an answer that comes too late costs as
  // much as one in time, and when orders queued for ten seconds, all were answered too late and none in time.
  connectionWaitMs: 800,
  roles: {
    relay: startRelay,
    confirmations: consumerRole(confirmations),
    notices: consumerRole(notices),
    sellers: consumerRole(sellers),
    indexer: (...start) => consumerRole(newIndexer())(...start),
  },
  audits: fixedAudits,
}

const asWritten: Variant = {
  description: 'the text’s own tables, checkout, search and events, changed only as far as needed to run',
  defects: asWrittenDefects,
  changes: [...asWrittenChanges, ...asWrittenCodeChanges],
  strategies: {},
  ...schemaOf('as-written'),
  async open(stores) {
    const own = commerceStores(stores, 'as-written')
    return openAsWritten(own, await leaseWorker(own.redis))
  },
  poolSize: CONNECTIONS,
  roles: asWrittenRoles,
  audits: asWrittenAudits,
}

/** Case study 2: e-commerce (text, l.300-741). */
export const workload: Workload = {
  name: 'commerce',
  title: 'E-commerce: checkout, inventory, search, events',
  model,
  stores: ['postgres', 'redis', 'elasticsearch', 'kafka'],
  defaults: {
    scale: 1,
    population: 20_000,
    durationSeconds: 60,
    warmupSeconds: 20,
    maxDurationSeconds: 60,
    both: { scale: 1 / 4, maxDurationSeconds: 90 },
  },
  documentedPopulation: { size: 500e6, unit: 'products', claim: 'ECM-03' },
  profiles,
  operations: commerceOperations,
  flows,
  variants: { fixed, 'as-written': asWritten },
  world: commerceWorld,
  notes: stockNotes,
  skew: 'Zipf: products 1.0 (the first of 20,000 is in a quarter of the orders), customers 0.3',
  notImplemented: [
    'S3 for images, and the edge from the product service to it (ECM-21, ECM-23): product_images holds URLs, seeded and never fetched; no byte of an image is stored or served',
  ],
  experiments,
}
