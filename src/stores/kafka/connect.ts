import { Admin } from '@platformatic/kafka'
import { OperationFailure } from '../../core/errors.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import type { ConsumeOptions, Consumption, KafkaClient, KafkaClientName } from './client.ts'
import { closerOf, driverOptions } from './driver.ts'
import { defaultDriver, driverNamed } from './drivers.ts'
import type { Driver, DriverSetting } from './drivers.ts'
import { javaReaderOf } from './java-reader.ts'
import { committedOffsets, topicLag, topicOffsets } from './offsets.ts'
import { parcelsOf } from './parcels.ts'
import { partitionCounts } from './partition-counts.ts'
import type { PartitionCounts } from './partition-counts.ts'
import { readRanges, readTopic } from './read-topic.ts'
import { newReader } from './reader.ts'
import type { Reader } from './reader.ts'
import {
  brokerCount,
  deleteTopics,
  describeTopics,
  ensureTopics,
  topicNames,
  topicReplicas,
} from './topics.ts'

const DEFAULT_PATIENCE_MS = 10_000
/** The coordinator of groups is made with the first group of a server. */
const PATIENT = { retries: 10, retryDelay: 100 }
const DEFAULT_CLIENT: KafkaClientName = 'platformatic'

/** What all clients of one connection share, whichever driver they use. */
interface Server extends DriverSetting {
  readonly closeAdmin: () => Promise<void>
  readonly counts: PartitionCounts
  readonly drivers: Map<KafkaClientName, Promise<Driver>>
  /** By driver and prefix. */
  readonly clients: Map<string, KafkaClient>
  readonly consumptions: Set<Consumption>
  keyless: number
  closed: boolean
}

/** A driver that is there. */
interface Named {
  readonly name: KafkaClientName
  readonly driver: Driver
}

async function startConsuming(server: Server, driver: Driver, options: ConsumeOptions): Promise<Consumption> {
  for (const topic of options.topics) await topicOffsets(server.admin, topic)
  const started = await driver.consume(options)
  const consumption: Consumption = {
    commit: (positions) => started.commit(positions),
    async close() {
      server.consumptions.delete(consumption)
      await started.close()
    },
  }
  server.consumptions.add(consumption)
  return consumption
}

async function* readWith(
  server: Server,
  topic: string,
  read: (reader: Reader) => ReturnType<typeof readTopic>,
): ReturnType<typeof readTopic> {
  const reader = newReader(server.endpoint, server.applicationName, `reader-${topic}`)
  try {
    yield* read(reader)
  } finally {
    await reader.close()
  }
}

async function closeServer(server: Server): Promise<void> {
  if (server.closed) return
  server.closed = true
  await Promise.allSettled([...server.consumptions].map((consumption) => consumption.close()))
  const drivers = await Promise.allSettled(server.drivers.values())
  const opened = drivers.flatMap((made) => (made.status === 'fulfilled' ? [made.value] : []))
  await Promise.allSettled([...opened.map((driver) => driver.close()), server.closeAdmin()])
}

async function clientNamed(server: Server, prefix: string, name: KafkaClientName): Promise<KafkaClient> {
  const driver = server.drivers.get(name) ?? driverNamed(name, server)
  server.drivers.set(name, driver)
  return clientOf(server, prefix, { name, driver: await driver })
}

function clientOf(server: Server, prefix: string, named: Named): KafkaClient {
  const key = `${named.name} ${prefix}`
  const known = server.clients.get(key)
  if (known !== undefined) return known
  const { admin } = server
  const { driver } = named
  const full = (name: string): string => `${prefix}${name}`
  const short = (name: string): string => name.slice(prefix.length)
  const client: KafkaClient = {
    store: 'kafka',
    withPrefix: (other) => clientOf(server, other, named),
    withClient: (name) => clientNamed(server, prefix, name),
    async produce(topic, messages, cost) {
      if (server.closed) throw new OperationFailure('unavailable', 'kafka: the client is closed')
      const counted = server.counts.of(full(topic))
      const partitions = typeof counted === 'number' ? counted : await counted
      server.keyless += 1
      const parcels = parcelsOf(full(topic), messages, partitions, server.keyless % partitions, cost)
      await driver.produce(full(topic), parcels)
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
    brokers: () => brokerCount(admin),
    javaReader: (topic) => javaReaderOf(server.endpoint, full(topic)),
    offsets: (topic) => topicOffsets(admin, full(topic)),
    replicas: (topic) => topicReplicas(admin, full(topic)),
    committed: (group, topic) => committedOffsets(admin, full(group), full(topic)),
    async lag(group, topics) {
      const lags = await Promise.all(topics.map((topic) => topicLag(admin, full(group), full(topic))))
      return lags.reduce((sum, lag) => sum + lag, 0n)
    },
    async consume(options) {
      const started = await startConsuming(server, driver, {
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
      const messages = readWith(server, full(topic), ({ consumer, connections }) =>
        readTopic(admin, consumer, connections, full(topic)),
      )
      for await (const message of messages) yield { ...message, topic }
    },
    async *readRanges(topic, ranges) {
      const messages = readWith(server, full(topic), ({ consumer, connections }) =>
        readRanges(consumer, connections, full(topic), ranges),
      )
      for await (const message of messages) yield { ...message, topic }
    },
    close: () => closeServer(server),
  }
  server.clients.set(key, client)
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
  const setting: DriverSetting = { endpoint, applicationName, admin, patienceMs }
  const driver = defaultDriver(setting)
  const server: Server = {
    ...setting,
    closeAdmin: closerOf(
      (event, listener) => admin.on(`client:broker:${event}`, listener),
      () => admin.close(),
    ),
    counts: partitionCounts(admin, patienceMs),
    drivers: new Map([[DEFAULT_CLIENT, Promise.resolve(driver)]]),
    clients: new Map(),
    consumptions: new Set(),
    keyless: 0,
    closed: false,
  }
  return clientOf(server, '', { name: DEFAULT_CLIENT, driver })
}
