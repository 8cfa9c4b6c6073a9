import { Admin, ConfigResourceTypes } from '@platformatic/kafka'
import { OperationFailure } from '../../core/errors.ts'
import type { StoreEndpoint, StoreFacts } from '../../core/store.ts'
import { driverOptions } from './driver.ts'
import { VERSION } from './engine.ts'
import { asked, isTransient } from './failures.ts'

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

/**
 * Asks every node by itself whether all have joined: the others count one that was killed for seconds after.
 * @throws OperationFailure while one is missing
 */
export async function settle(endpoint: StoreEndpoint): Promise<void> {
  const nodes = [endpoint, ...(endpoint.further ?? [])]
  await Promise.all(
    nodes.map(({ host, port }) =>
      withAdmin({ ...endpoint, host, port, further: [] }, async (admin) => {
        const { brokers } = await admin.metadata({ topics: [] })
        if (brokers.size < nodes.length)
          throw new OperationFailure(
            'unavailable',
            `kafka: ${brokers.size} of ${nodes.length} brokers have joined`,
          )
      }),
    ),
  )
}

/** The shown settings of the first broker that answers: one that was killed is listed for seconds after. */
async function liveSettings(admin: Admin): Promise<Readonly<Record<string, string>>> {
  const { brokers } = await admin.metadata({ topics: [] })
  const nodes = [...brokers.keys()]
  for (const node of nodes) {
    const resource = { resourceType: ConfigResourceTypes.BROKER, resourceName: String(node) }
    try {
      const described = await admin.describeConfigs({
        resources: [{ ...resource, configurationKeys: [...SHOWN] }],
      })
      const found = described.flatMap(({ configs }) => configs)
      return Object.fromEntries(found.map(({ name, value }) => [name, value ?? 'unset']))
    } catch (error) {
      if (!isTransient(error) || node === nodes.at(-1)) throw error
    }
  }
  throw new OperationFailure('unavailable', 'kafka: no broker has joined')
}

/** Version, and what an acknowledged write survives by the live settings. */
export async function facts(endpoint: StoreEndpoint): Promise<StoreFacts> {
  const settings = await withAdmin(endpoint, liveSettings)
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
