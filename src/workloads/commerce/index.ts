import type { Variant, Workload } from '../../core/workload.ts'
import { leaseWorker } from '../../patterns/lease-worker.ts'
import { schemaDifferences } from '../../patterns/schema/differences.ts'
import { ensurePartitions } from '../../patterns/schema/partitions.ts'
import { provisionSchema } from '../../patterns/schema/provision.ts'
import { fixedAudits } from './audits/index.ts'
import { chooseHotProducts, hotProducts } from './fixed/checkout/unit-rows.ts'
import { experiments } from './experiments/index.ts'
import { confirmations } from './fixed/events/confirmations.ts'
import { consumerRole } from './fixed/events/consumer.ts'
import { indexer } from './fixed/events/indexer.ts'
import { notices } from './fixed/events/notices.ts'
import { startRelay } from './fixed/events/relay.ts'
import { sellers } from './fixed/events/sellers.ts'
import { openFixed } from './fixed/open.ts'
import { fixedStrategies } from './fixed/strategies.ts'
import { flows } from './flows.ts'
import { model } from './model.ts'
import { buildPopulation } from './population/build.ts'
import { profiles } from './profiles.ts'
import { commerceSchema } from './schema.ts'
import { seedVariant } from './seed/seed.ts'
import { commerceStores } from './stores.ts'
import { commerceOperations } from './traffic.ts'
import { commerceWorld } from './world.ts'

const fixed: Variant = {
  description: 'the design with its defects mended: conditional stock, ledger, outbox, idempotent orders',
  defects: [],
  changes: [],
  strategies: fixedStrategies,
  provision: (stores) => provisionSchema(commerceStores(stores, 'fixed').postgres, commerceSchema('fixed')),
  schemaDifferences: (stores) =>
    schemaDifferences(commerceStores(stores, 'fixed').postgres, commerceSchema('fixed')),
  ensurePartitions: (stores, monthsAhead) =>
    ensurePartitions(commerceStores(stores, 'fixed').postgres, commerceSchema('fixed'), monthsAhead),
  seed: (stores, population, _choice, progress) => seedVariant('fixed', stores, population, progress),
  async open(stores, population, choice) {
    const own = commerceStores(stores, 'fixed')
    const isPooled = choice['checkout'] === 'unit-rows'
    await chooseHotProducts(own.postgres, isPooled ? hotProducts(buildPopulation(population)) : [])
    return openFixed(own, choice, await leaseWorker(own.redis))
  },
  roles: {
    relay: startRelay,
    confirmations: consumerRole(confirmations),
    notices: consumerRole(notices),
    sellers: consumerRole(sellers),
    indexer: consumerRole(indexer),
  },
  audits: fixedAudits,
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
    warmupSeconds: 12,
    maxDurationSeconds: 60,
  },
  documentedPopulation: { size: 500e6, unit: 'products', claim: 'ECM-03' },
  profiles,
  operations: commerceOperations,
  flows,
  variants: { fixed, 'as-written': fixed },
  world: commerceWorld,
  skew: 'Zipf: products 1.0 (the first of 20,000 is in a quarter of the orders), customers 0.3',
  experiments,
}
