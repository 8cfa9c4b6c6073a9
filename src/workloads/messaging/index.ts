import type { VariantName } from '../../core/names.ts'
import type { Stores } from '../../core/store.ts'
import type { SchemaDifference, Variant, Workload } from '../../core/workload.ts'
import type { Strategy } from '../../core/strategy.ts'
import type { StepReport } from '../../core/population.ts'
import { keyspaceDifferences, provisionKeyspace } from '../../patterns/keyspace.ts'
import { asWrittenChanges } from './as-written/changes.ts'
import { asWrittenDefects } from './as-written/defects.ts'
import { startTextDevices } from './as-written/role.ts'
import { startServer } from './as-written/server.ts'
import { asWrittenAudits, fixedAudits } from './audits/index.ts'
import { openClients } from './clients/open.ts'
import { startDevices } from './clients/role.ts'
import { gatewayRole } from './fixed/gateway/role.ts'
import { experiments } from './experiments/index.ts'
import { startPersister } from './fixed/persister.ts'
import { flows } from './flows.ts'
import { model } from './model.ts'
import { profiles } from './profiles.ts'
import { declaredKeyspace } from './schema.ts'
import { seedAsWritten, seedFixed } from './seed/seed.ts'
import { messagingStores } from './stores.ts'
import { messagingOperations } from './traffic.ts'
import { messagingWorld } from './world.ts'

async function provision(stores: Stores, variant: VariantName): Promise<StepReport> {
  return provisionKeyspace(messagingStores(stores, variant).server, declaredKeyspace(variant))
}

async function differences(stores: Stores, variant: VariantName): Promise<readonly SchemaDifference[]> {
  return keyspaceDifferences(messagingStores(stores, variant).server, declaredKeyspace(variant))
}

/** Cassandra makes a partition with its first row; buckets follow from ids. */
function ensurePartitions(): Promise<StepReport> {
  return Promise.resolve({ changed: false, summary: 'partitions are made with their rows' })
}

const strategies: Readonly<Record<string, Strategy>> = {
  coalescing: {
    description:
      'which reads of a page that are under way share one answer: of a gateway, none, or of all (M-16)',
    values: ['on', 'off', 'routed'],
    default: 'on',
  },
  retention: {
    description: 'whether the server keeps messages, or drops each once every device has taken it (M-18)',
    values: ['history', 'forward-only'],
    default: 'history',
  },
  clocks: {
    description: 'whether the clock of one gateway is 500 ms behind the other’s (M-10)',
    values: ['exact', 'skewed'],
    default: 'exact',
  },
}

const fixed: Variant = {
  description: 'the design with its defects mended: queues of devices, gateways, keys on devices only',
  defects: [],
  changes: [],
  strategies,
  provision: (stores) => provision(stores, 'fixed'),
  schemaDifferences: (stores) => differences(stores, 'fixed'),
  ensurePartitions,
  seed: (stores, population, _choice, progress) => seedFixed(stores, population, progress),
  open: (stores) => openClients(messagingStores(stores, 'fixed')),
  roles: {
    'gateway-1': gatewayRole('gateway-1', 0),
    'gateway-2': gatewayRole('gateway-2', 1),
    persister: startPersister,
    devices: startDevices,
  },
  audits: fixedAudits,
}

const asWritten: Variant = {
  description: 'the text’s own two tables, a row a recipient, and devices that ask for what is new',
  defects: asWrittenDefects,
  changes: asWrittenChanges,
  strategies: {},
  provision: (stores) => provision(stores, 'as-written'),
  schemaDifferences: (stores) => differences(stores, 'as-written'),
  ensurePartitions,
  seed: (stores) => seedAsWritten(stores),
  open: (stores) => openClients(messagingStores(stores, 'as-written')),
  roles: { server: startServer, devices: startTextDevices },
  audits: asWrittenAudits,
}

/** Case study 4: messaging at the scale of WhatsApp (text, l.828-876). */
export const workload: Workload = {
  name: 'messaging',
  title: 'Messaging: encrypted messages through gateways to the devices of every member, each shown once',
  model,
  stores: ['cassandra', 'redis'],
  defaults: {
    scale: 1 / 10_000,
    population: 500,
    durationSeconds: 60,
    warmupSeconds: 30,
    maxDurationSeconds: 120,
    both: { scale: 1 / 20_000, population: 100, maxDurationSeconds: 120 },
  },
  documentedPopulation: { size: 2e9, unit: 'users', claim: 'MSG-01' },
  profiles,
  operations: messagingOperations,
  flows,
  variants: { fixed, 'as-written': asWritten },
  world: messagingWorld,
  skew: 'Zipf 1.0 over conversations of two, and over groups',
  experiments,
}
