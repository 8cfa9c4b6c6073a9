import { Admin, ConfigResourceTypes } from '@platformatic/kafka'
import type { StoreEndpoint, StoreFacts } from '../../core/store.ts'
import { driverOptions } from './driver.ts'
import { VERSION } from './engine.ts'
import { asked } from './failures.ts'

const SHOWN = ['log.flush.interval.messages', 'min.insync.replicas', 'default.replication.factor'] as const

async function withAdmin<Result>(
  endpoint: StoreEndpoint,
  work: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const admin = new Admin(driverOptions(endpoint, 'arch', { retries: 0, retryDelay: 0 }))
  try {
    return await asked(work(admin))
  } finally {
    await admin.close().catch(() => undefined)
  }
}

/** Asks for the topics, on a connection of its own. @throws OperationFailure when it is not answered */
export async function health(endpoint: StoreEndpoint): Promise<void> {
  await withAdmin(endpoint, (admin) => admin.listTopics())
}

/** Version, and what an acknowledged write survives by the live settings. */
export async function facts(endpoint: StoreEndpoint): Promise<StoreFacts> {
  const settings = await withAdmin(endpoint, async (admin) => {
    const { brokers } = await admin.metadata({ topics: [] })
    const [node = 0] = brokers.keys()
    const resource = { resourceType: ConfigResourceTypes.BROKER, resourceName: String(node) }
    const described = await admin.describeConfigs({
      resources: [{ ...resource, configurationKeys: [...SHOWN] }],
    })
    const found = described.flatMap(({ configs }) => configs)
    return Object.fromEntries(found.map(({ name, value }) => [name, value ?? 'unset']))
  })
  return {
    name: 'kafka',
    // The protocol tells no server's version; those that we start are pinned.
    version: endpoint.provider === 'external' ? 'unknown' : VERSION,
    provider: endpoint.provider,
    topology: endpoint.topology,
    acknowledgedSurvives: settings['log.flush.interval.messages'] === '1' ? 'power loss' : 'process kill',
    settings,
  }
}
