import { Admin, Producer } from '@platformatic/kafka'
import { OperationFailure } from '../../core/errors.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import { newClaims } from './claims.ts'
import type { ConsumeOptions, Consumption, KafkaClient } from './client.ts'
import { consume } from './consume.ts'
import { closerOf, driverOptions } from './driver.ts'
import { committedOffsets, topicLag, topicOffsets } from './offsets.ts'
import { parcelsOf } from './parcels.ts'
import { partitionCounts } from './partition-counts.ts'
import type { PartitionCounts } from './partition-counts.ts'
import { partitionSender } from './producer.ts'
import type { PartitionSender } from './producer.ts'
import { readTopic } from './read-topic.ts'
import { newReader } from './reader.ts'
import { deleteTopics, describeTopics, ensureTopics, topicNames } from './topics.ts'

const DEFAULT_PATIENCE_MS = 10_000
/** The coordinator of groups is made with the first group of a server. */
const PATIENT = { retries: 10, retryDelay: 100 }
/** Partitions that one consumer of this process works on, whichever client it came from. */
const claims = newClaims()

interface Server {
  readonly endpoint: StoreEndpoint
  readonly applicationName: string
  readonly admin: Admin
  readonly closeAdmin: () => Promise<void>
  readonly sender: PartitionSender
  readonly counts: PartitionCounts
  readonly clients: Map<string, KafkaClient>
  readonly consumptions: Set<Consumption>
  keyless: number
  closed: boolean
}

async function startConsuming(server: Server, options: ConsumeOptions): Promise<Consumption> {
  for (const topic of options.topics) await topicOffsets(server.admin, topic)
  const reader = newReader(server.endpoint, server.applicationName, options.group)
  reader.consumer.topics.trackAll(...options.topics)
  // The claims of one server are not those of another with the same names.
  const { host, port } = server.endpoint
  const own = {
    acquire: (key: string, owner: object, signal: AbortSignal) =>
      claims.acquire(`${host}:${port}/${key}`, owner, signal),
    release: (owner: object) => claims.release(owner),
  }
  try {
    const started = await consume({ ...reader, admin: server.admin, claims: own }, options)
    const consumption: Consumption = {
      commit: (positions) => started.commit(positions),
      async close() {
        server.consumptions.delete(consumption)
        await started.close()
      },
    }
    server.consumptions.add(consumption)
    return consumption
  } catch (error) {
    await reader.close()
    throw error
  }
}

async function* readWhole(server: Server, topic: string): ReturnType<typeof readTopic> {
  const reader = newReader(server.endpoint, server.applicationName, `reader-${topic}`)
  try {
    yield* readTopic(server.admin, reader.consumer, reader.connections, topic)
  } finally {
    await reader.close()
  }
}

async function closeServer(server: Server): Promise<void> {
  if (server.closed) return
  server.closed = true
  await Promise.allSettled([...server.consumptions].map((consumption) => consumption.close()))
  await Promise.allSettled([server.sender.close(), server.closeAdmin()])
}

function clientOf(server: Server, prefix: string): KafkaClient {
  const known = server.clients.get(prefix)
  if (known !== undefined) return known
  const { admin } = server
  const full = (name: string): string => `${prefix}${name}`
  const short = (name: string): string => name.slice(prefix.length)
  const client: KafkaClient = {
    store: 'kafka',
    withPrefix: (other) => clientOf(server, other),
    async produce(topic, messages, cost) {
      if (server.closed) throw new OperationFailure('unavailable', 'kafka: the client is closed')
      const counted = server.counts.of(full(topic))
      const partitions = typeof counted === 'number' ? counted : await counted
      server.keyless += 1
      const parcels = parcelsOf(full(topic), messages, partitions, server.keyless % partitions, cost)
      await Promise.all(
        [...parcels].flatMap(([partition, own]) =>
          own.map((parcel) => server.sender.send(full(topic), partition, parcel)),
        ),
      )
    },
    async ensureTopics(specs) {
      await ensureTopics(
        admin,
        specs.map((spec) => ({ ...spec, name: full(spec.name) })),
      )
      server.counts.forget()
    },
    async describeTopics(names) {
      const found = await describeTopics(admin, names.map(full))
      return found.map((spec) => ({ ...spec, name: short(spec.name) }))
    },
    async deleteTopics(names) {
      await deleteTopics(admin, names.map(full))
      server.counts.forget()
    },
    async topicNames() {
      const names = await topicNames(admin)
      return names.filter((name) => name.startsWith(prefix)).map(short)
    },
    offsets: (topic) => topicOffsets(admin, full(topic)),
    committed: (group, topic) => committedOffsets(admin, full(group), full(topic)),
    async lag(group, topics) {
      const lags = await Promise.all(topics.map((topic) => topicLag(admin, full(group), full(topic))))
      return lags.reduce((sum, lag) => sum + lag, 0n)
    },
    async consume(options) {
      const started = await startConsuming(server, {
        ...options,
        group: full(options.group),
        topics: options.topics.map(full),
        handle: (batch) =>
          options.handle(batch.map((message) => ({ ...message, topic: short(message.topic) }))),
        ...(options.begun === undefined
          ? {}
          : {
              begun: async (positions) =>
                options.begun?.(positions.map((each) => ({ ...each, topic: short(each.topic) }))),
            }),
      })
      return {
        ...started,
        commit: (positions) =>
          started.commit(positions.map((each) => ({ ...each, topic: full(each.topic) }))),
      }
    },
    async *readTopic(topic) {
      for await (const message of readWhole(server, full(topic))) yield { ...message, topic }
    },
    close: () => closeServer(server),
  }
  server.clients.set(prefix, client)
  return client
}

/**
 * A client of one Kafka. Connections are made on first use; `close` of any of its clients closes them all.
 * `statementTimeoutMs` bounds how long a message is tried to be delivered.
 */
export function openKafka(endpoint: StoreEndpoint, options: ConnectOptions): KafkaClient {
  const { applicationName, statementTimeoutMs = DEFAULT_PATIENCE_MS } = options
  const patienceMs = statementTimeoutMs === 0 ? Number.POSITIVE_INFINITY : statementTimeoutMs
  const admin = new Admin(driverOptions(endpoint, applicationName, PATIENT))
  const producer = new Producer(driverOptions(endpoint, applicationName, { retries: 0, retryDelay: 0 }))
  const server: Server = {
    endpoint,
    applicationName,
    admin,
    closeAdmin: closerOf(
      (event, listener) => admin.on(`client:broker:${event}`, listener),
      () => admin.close(),
    ),
    sender: partitionSender(producer, patienceMs),
    counts: partitionCounts(admin, patienceMs),
    clients: new Map(),
    consumptions: new Set(),
    keyless: 0,
    closed: false,
  }
  return clientOf(server, '')
}
