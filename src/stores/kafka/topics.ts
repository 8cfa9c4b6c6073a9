import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigResourceTypes, ConfigSources, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka'
import type { Admin, ClusterTopicMetadata } from '@platformatic/kafka'
import { OperationFailure } from '../../core/errors.ts'
import type { PartitionReplicas, TopicSpec } from './client.ts'
import { asked, isProtocolError, noTopic } from './failures.ts'

const POLL_MS = 10
/** How long a change of topics may take to reach the broker that was asked. */
const SPREAD_MS = 10_000

/** The names of all topics but the server's own. @throws OperationFailure */
export function topicNames(admin: Admin): Promise<readonly string[]> {
  return asked(admin.listTopics())
}

/** What is known of a topic's partitions, asked anew. @throws OperationFailure `unexpected` when there is none */
export async function lookUpTopic(admin: Admin, name: string): Promise<ClusterTopicMetadata> {
  try {
    const { topics } = await admin.metadata({ topics: [name], forceUpdate: true, retries: 0 })
    const topic = topics.get(name)
    if (topic === undefined) throw noTopic(name)
    return topic
  } catch (error) {
    throw error instanceof Error && error.message.startsWith('Unknown topic') ? noTopic(name) : error
  }
}

/** How many brokers there are now. @throws OperationFailure */
export async function brokerCount(admin: Admin): Promise<number> {
  const { brokers } = await asked(admin.metadata({ forceUpdate: true }))
  return brokers.size
}

/** Who leads the partitions of a topic, and how many copies of each are in sync. @throws OperationFailure */
export function topicReplicas(admin: Admin, name: string): Promise<readonly PartitionReplicas[]> {
  return asked(
    (async () => {
      const { partitions } = await lookUpTopic(admin, name)
      const { brokers } = await admin.metadata({ topics: [name] })
      return partitions.map(({ leader, isr }) => {
        const broker = brokers.get(leader)
        return {
          leader: broker === undefined ? undefined : { host: broker.host, port: broker.port },
          inSync: isr.length,
        }
      })
    })(),
  )
}

/** Waits for what a change of topics leads to; brokers learn of it a moment after the controller has answered. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + SPREAD_MS
  while (!(await holds())) {
    if (performance.now() > end) throw new OperationFailure('timeout', `kafka: ${what} takes too long`)
    await sleep(POLL_MS)
  }
}

async function hasPartitions(admin: Admin, { name, partitions }: TopicSpec): Promise<boolean> {
  try {
    const topic = await lookUpTopic(admin, name)
    return topic.partitionsCount >= partitions && topic.partitions.every(({ leader }) => leader >= 0)
  } catch {
    return false
  }
}

async function create(admin: Admin, { name, partitions, copies, settings }: TopicSpec): Promise<void> {
  const configs = Object.entries(settings).map(([setting, value]) => ({ name: setting, value }))
  const replicas = copies === undefined ? {} : { replicas: Math.min(copies, await brokerCount(admin)) }
  try {
    await admin.createTopics({ topics: [name], partitions, configs, ...replicas })
  } catch (error) {
    // Somebody else was faster: what it made may lack partitions or settings.
    if (!isProtocolError(error, 'TOPIC_ALREADY_EXISTS')) throw error
  }
}

async function addPartitions(admin: Admin, { name, partitions }: TopicSpec): Promise<void> {
  try {
    await admin.createPartitions({ topics: [{ name, count: partitions, assignments: null }] })
  } catch (error) {
    // Somebody else was faster.
    if (!isProtocolError(error, 'INVALID_PARTITIONS')) throw error
  }
}

async function alterSettings(admin: Admin, { name, settings }: TopicSpec): Promise<void> {
  const configs = Object.entries(settings).map(([setting, value]) => ({
    name: setting,
    configOperation: IncrementalAlterConfigOperationTypes.SET,
    value,
  }))
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: name, configs }
  await admin.incrementalAlterConfigs({ resources: [resource] })
}

function differs(wanted: TopicSpec, live: TopicSpec): boolean {
  return Object.entries(wanted.settings).some(([name, value]) => live.settings[name] !== value)
}

async function ensureTopic(admin: Admin, wanted: TopicSpec): Promise<void> {
  let [live] = await describeTopics(admin, [wanted.name])
  if (live === undefined) {
    await create(admin, wanted)
    await until(`making '${wanted.name}'`, () => hasPartitions(admin, { ...wanted, partitions: 1 }))
    ;[live] = await describeTopics(admin, [wanted.name])
  }
  if (live === undefined || live.partitions < wanted.partitions) await addPartitions(admin, wanted)
  if (live === undefined || differs(wanted, live)) await alterSettings(admin, wanted)
  await until(`making '${wanted.name}'`, () => hasPartitions(admin, wanted))
}

/** Adds topics, partitions and settings that are missing. @throws OperationFailure */
export async function ensureTopics(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  for (const spec of specs) await asked(ensureTopic(admin, spec))
}

/** The topics that are there, with the settings of their own. @throws OperationFailure */
export async function describeTopics(admin: Admin, names: readonly string[]): Promise<readonly TopicSpec[]> {
  const there = new Set(await topicNames(admin))
  const known = names.filter((name) => there.has(name))
  if (known.length === 0) return []
  return asked(
    (async () => {
      const { topics } = await admin.metadata({ topics: known, forceUpdate: true })
      const resources = known.map((name) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName: name }))
      const described = await admin.describeConfigs({ resources })
      return known.map((name) => {
        const own = described
          .filter(({ resourceName }) => resourceName === name)
          .flatMap(({ configs }) => configs)
          .filter(({ configSource, value }) => configSource === ConfigSources.TOPIC_CONFIG && value !== null)
        const { partitionsCount = 0, partitions = [] } = topics.get(name) ?? {}
        return {
          name,
          partitions: partitionsCount,
          copies: Math.min(...partitions.map(({ replicas }) => replicas.length)),
          settings: Object.fromEntries(own.map((setting) => [setting.name, setting.value ?? ''])),
        }
      })
    })(),
  )
}

/** Deletes the topics that are there. @throws OperationFailure */
export async function deleteTopics(admin: Admin, names: readonly string[]): Promise<void> {
  const there = new Set(await topicNames(admin))
  const known = names.filter((name) => there.has(name))
  if (known.length === 0) return
  try {
    await admin.deleteTopics({ topics: known })
  } catch (error) {
    if (!isProtocolError(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw await asked(Promise.reject(error))
  }
  await until('deleting topics', async () => {
    const left = new Set(await topicNames(admin))
    return !known.some((name) => left.has(name))
  })
}
