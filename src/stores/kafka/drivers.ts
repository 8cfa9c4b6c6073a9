import type { Admin } from '@platformatic/kafka'
import type { StoreEndpoint } from '../../core/store.ts'
import { newClaims } from './claims.ts'
import type { ConsumeOptions, Consumption, KafkaClientName } from './client.ts'
import { consume } from './consume.ts'
import type { Parcel } from './producer.ts'
import { partitionSender } from './producer.ts'
import type { PartitionSender } from './producer.ts'
import { newReader } from './reader.ts'
import { platformaticTransport } from './transport.ts'

/** What a driver does for a client: the rest is asked by one and the same admin. Names are the server's. */
export interface Driver {
  /** Resolves when all parcels are acknowledged. @throws OperationFailure */
  produce(topic: string, parcels: ReadonlyMap<number, readonly Parcel[]>): Promise<void>
  /** @throws OperationFailure when the group cannot be joined */
  consume(options: ConsumeOptions): Promise<Consumption>
  close(): Promise<void>
}

/** What drivers are made with. */
export interface DriverSetting {
  readonly endpoint: StoreEndpoint
  readonly applicationName: string
  readonly admin: Admin
  /** How long a message is tried to be delivered, in milliseconds; Infinity for ever. */
  readonly patienceMs: number
}

/** Partitions that one consumer of this process works on, whichever client and driver it came from. */
const claims = newClaims()

/** The claims of one server are not those of another with the same names. */
function claimsOf({ host, port }: StoreEndpoint): typeof claims {
  return {
    acquire: (key, owner, signal) => claims.acquire(`${host}:${port}/${key}`, owner, signal),
    release: (owner) => claims.release(owner),
  }
}

async function sendAll(
  sender: PartitionSender,
  topic: string,
  parcels: ReadonlyMap<number, readonly Parcel[]>,
): Promise<void> {
  await Promise.all(
    [...parcels].flatMap(([partition, own]) => own.map((parcel) => sender.send(topic, partition, parcel))),
  )
}

function platformatic({ endpoint, applicationName, admin, patienceMs }: DriverSetting): Driver {
  const sender = partitionSender(platformaticTransport(endpoint, applicationName), patienceMs)
  return {
    produce: (topic, parcels) => sendAll(sender, topic, parcels),
    async consume(options) {
      const reader = newReader(endpoint, applicationName, options.group)
      reader.consumer.topics.trackAll(...options.topics)
      try {
        return await consume({ ...reader, admin, claims: claimsOf(endpoint) }, options)
      } catch (error) {
        await reader.close()
        throw error
      }
    },
    close: () => sender.close(),
  }
}

/** kafkajs takes a tenth of a second to load, which who does not use it need not pay. */
async function kafkajs(setting: DriverSetting, spans: boolean): Promise<Driver> {
  const { endpoint, applicationName, admin, patienceMs } = setting
  const [{ kafkajsOf }, { kafkajsTransport }, { spanningSender }, { consumeByKafkajs }] = await Promise.all([
    import('./kafkajs/driver.ts'),
    import('./kafkajs/transport.ts'),
    import('./kafkajs/spanning.ts'),
    import('./kafkajs/consume.ts'),
  ])
  const kafka = kafkajsOf(endpoint, applicationName)
  const consumeByIt = (options: ConsumeOptions): Promise<Consumption> =>
    consumeByKafkajs({ kafka, admin, claims: claimsOf(endpoint) }, options)
  if (spans) return { ...spanningSender(kafka), consume: consumeByIt }
  const sender = partitionSender(kafkajsTransport(kafka), patienceMs)
  return {
    produce: (topic, parcels) => sendAll(sender, topic, parcels),
    consume: consumeByIt,
    close: () => sender.close(),
  }
}

/** The default driver; it connects to nothing yet. */
export function defaultDriver(setting: DriverSetting): Driver {
  return platformatic(setting)
}

/** The driver of a name; it connects to nothing yet. */
export async function driverNamed(name: KafkaClientName, setting: DriverSetting): Promise<Driver> {
  return name === 'platformatic' ? platformatic(setting) : kafkajs(setting, name === 'kafkajs-spanning')
}
