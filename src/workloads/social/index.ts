import type { VariantName } from '../../core/names.ts'
import type { Variant, Workload } from '../../core/workload.ts'
import { leaseWorker } from '../../patterns/lease-worker.ts'
import { schemaDifferences } from '../../patterns/schema/differences.ts'
import { ensurePartitions } from '../../patterns/schema/partitions.ts'
import { provisionSchema } from '../../patterns/schema/provision.ts'
import { asWrittenChanges } from './as-written/changes.ts'
import { asWrittenCodeChanges } from './as-written/code-changes.ts'
import { asWrittenDefects } from './as-written/defects.ts'
import { openAsWritten } from './as-written/open.ts'
import { asWrittenStrategies } from './as-written/strategies.ts'
import { asWrittenAudits, fixedAudits } from './audits/index.ts'
import { openFixed } from './fixed/open.ts'
import { startRelay } from './fixed/relay/relay.ts'
import { fixedStrategies } from './fixed/strategies.ts'
import { flows } from './flows.ts'
import { model } from './model.ts'
import { profiles } from './profiles.ts'
import { socialSchema } from './schema.ts'
import { seedVariant } from './seed/seed.ts'
import { socialStores } from './stores.ts'
import { socialOperations } from './traffic.ts'
import { socialWorld } from './world.ts'

/** What both variants do to their PostgreSQL database, each with its own schema file. */
function schemaOf(
  variant: VariantName,
): Pick<Variant, 'provision' | 'schemaDifferences' | 'ensurePartitions'> {
  const schema = socialSchema(variant)
  return {
    provision: (stores) => provisionSchema(socialStores(stores, variant).postgres, schema),
    schemaDifferences: (stores) => schemaDifferences(socialStores(stores, variant).postgres, schema),
    ensurePartitions: (stores, monthsAhead) =>
      ensurePartitions(socialStores(stores, variant).postgres, schema, monthsAhead),
  }
}

const fixed: Variant = {
  description: 'the design with its defects mended: outbox, mirrored edges, hybrid feeds, coherent caches',
  defects: [],
  changes: [],
  strategies: fixedStrategies,
  ...schemaOf('fixed'),
  seed: (stores, population, choice, progress) => seedVariant('fixed', stores, population, choice, progress),
  async open(stores, _population, choice) {
    const own = socialStores(stores, 'fixed')
    return openFixed(own, choice, await leaseWorker(own.redis))
  },
  roles: { relay: startRelay },
  audits: fixedAudits,
}

const asWritten: Variant = {
  description: 'the text’s own tables, feed, fan-out and cache, changed only as far as needed to run',
  defects: asWrittenDefects,
  changes: [...asWrittenChanges, ...asWrittenCodeChanges],
  strategies: asWrittenStrategies,
  // The text sizes no pool: its code would have had the default of its driver, 10 in node-postgres.
  poolSize: 10,
  ...schemaOf('as-written'),
  seed: (stores, population, choice, progress) =>
    seedVariant('as-written', stores, population, choice, progress),
  async open(stores, _population, choice) {
    const own = socialStores(stores, 'as-written')
    return openAsWritten(own, choice, await leaseWorker(own.redis))
  },
  roles: {},
  audits: asWrittenAudits,
}

/** Case study 1: a social network (text, l.12-297). */
export const workload: Workload = {
  name: 'social',
  title: 'Social network: feeds, fan-out, hot counters, caches',
  model,
  stores: ['postgres', 'redis'],
  defaults: {
    scale: 1 / 1000,
    population: 20_000,
    durationSeconds: 30,
    warmupSeconds: 12,
    maxDurationSeconds: 45,
    both: { scale: 1 / 4000, maxDurationSeconds: 90 },
  },
  documentedPopulation: { size: 500e6, unit: 'users', claim: 'SOC-01' },
  profiles,
  operations: socialOperations,
  flows,
  variants: { fixed, 'as-written': asWritten },
  world: socialWorld,
  skew:
    'Zipf: readers 0.5, posts 1.0, authors 0.8; feed reads: cold 6 %, deep 5 %, of celebrities 20 %; ' +
    'viral: every like by somebody else, seeded users first, then visitors who stand for the rest of the 500M',
  notImplemented: [
    'Memcached (SOC-18): drawn and never used by the text; the second cache layer is Redis',
    'S3 and a CDN for media (SOC-22, SOC-82): the database holds URLs, and nothing is behind them',
  ],
  experiments: {},
}
