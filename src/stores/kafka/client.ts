import type { Cost } from '../../core/cost.ts'
import type { Address, StoreClient } from '../../core/store.ts'

/**
 * Who speaks to the server: a driver, and how it is used. `kafkajs-spanning` is kafkajs as most code uses it, with one
 * send over all partitions: it loses acknowledged messages when a broker dies (defects.md, X-13), and is there to show it.
 */
export type KafkaClientName = 'platformatic' | 'kafkajs' | 'kafkajs-spanning'

/** One message to write. Ids of 63 bits go as decimal text (law 9). */
export interface KafkaMessage {
  /** Messages of one key are in one partition, in the order in which they were produced. */
  readonly key: string | Buffer | undefined
  /** Where it goes whatever its key is. */
  readonly partition?: number
  readonly value: Buffer | string
  readonly headers?: Readonly<Record<string, string>>
}

/** One message as it was read. */
export interface ReceivedMessage {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: string | undefined
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** When the producer made it, milliseconds since 1970. */
  readonly timestampMs: number
}

/** A topic as it should be, or as it is. */
export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /**
   * Brokers that keep each partition. Of a topic as it should be: as many, or as there are; absent, as many as the server
   * gives by default. What is there keeps its number.
   */
  readonly copies?: number
  /** E.g. `{ 'retention.ms': '604800000' }`. */
  readonly settings: Readonly<Record<string, string>>
}

/** What a partition holds: offsets from `first` up to, and without, `next`. */
export interface PartitionOffsets {
  readonly first: bigint
  readonly next: bigint
}

/** Offsets of one partition, from `first` up to, and without, `next`. */
export interface PartitionRange extends PartitionOffsets {
  readonly partition: number
}

/** Who keeps a partition. */
export interface PartitionReplicas {
  /** The broker that is produced to; undefined where none leads it now. */
  readonly leader: Address | undefined
  /** Copies that have everything. */
  readonly inSync: number
}

/** Where a group reads on in one partition. */
export interface PartitionPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** How another program reads a topic by Kafka's own Java client. The properties hold the password. */
export interface JavaReader {
  /** As the server knows it. */
  readonly topic: string
  /** `host:port`, by commas. */
  readonly brokers: string
  readonly properties: Readonly<Record<string, string>>
}

/** What to do with the messages of a group's topics. */
export interface ConsumeOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** Where a group begins that has never committed in a partition. */
  readonly from: 'earliest' | 'latest'
  /** Milliseconds that a fetch may wait for more than the first message: fuller batches cost less for each. Default none. */
  readonly gatherMs?: number
  /**
   * Handles what one fetch brought: messages of one partition are in order, and no two batches of this process hold
   * messages of the same partition and group at once. Its offsets are committed when this has resolved, unless `begun`
   * is given; when it rejects, the same batch comes again.
   */
  handle(batch: readonly ReceivedMessage[]): Promise<void>
  /**
   * For work that ends later than `handle`: with it nothing is committed but by `Consumption.commit`. Called before the
   * first batch of each division of the group, with the partitions that are this member's now and where it reads on:
   * whatever it held of earlier batches comes again, or is another member's.
   */
  begun?(positions: readonly PartitionPosition[]): Promise<void>
  /** Told each time that something went wrong: `handle` rejected, or the store did not answer. The consumer goes on. */
  failed(error: unknown): void
}

/** A member of a consumer group. */
export interface Consumption {
  /** Commits where the group reads on. What belongs to another member by now is not committed, and not an error. */
  commit(positions: readonly PartitionPosition[]): Promise<void>
  /** Lets the batch in work end, commits it, and leaves the group. */
  close(): Promise<void>
}

/**
 * Topics and groups of one Kafka. Where the store cannot be asked, every method throws an `OperationFailure`:
 * `unavailable`, or `timeout` when it was asked and did not answer; a topic that is not there is `unexpected`.
 */
export interface KafkaClient extends StoreClient {
  readonly store: 'kafka'
  /**
   * The same Kafka seen through a prefix of topics and groups, which every name here is without; for the whole server
   * `''`. Closed with this client. The same prefix gives the same client.
   */
  withPrefix(prefix: string): KafkaClient
  /**
   * The same topics and groups with another driver, which produces and consumes; topics, offsets, lag and whole topics
   * are always asked by the default one. Closed with this client. The same name gives the same client.
   */
  withClient(name: KafkaClientName): Promise<KafkaClient>
  /**
   * Writes messages and resolves when every one is acknowledged by all replicas in sync; counted in `cost` as one round
   * trip for each partition. Tried again until the client's statement timeout, so a message may be there twice; when it
   * throws, each message is there or not. Messages without a key go to one partition together, the next call's to the
   * next one.
   */
  produce(topic: string, messages: readonly KafkaMessage[], cost?: Cost): Promise<void>
  /** Makes topics as specified: adds them, adds partitions, sets settings. Never removes any. Each is there when it resolves. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>
  /** The topics among `names` that are there, with the settings that differ from the server's. */
  describeTopics(names: readonly string[]): Promise<readonly TopicSpec[]>
  /** Deletes topics, those that are there; gone when it resolves. */
  deleteTopics(names: readonly string[]): Promise<void>
  topicNames(): Promise<readonly string[]>
  /** How many brokers there are now. */
  brokers(): Promise<number>
  /** What a program that is to read a topic itself must be told. Asks nothing. */
  javaReader(topic: string): JavaReader
  /** By partition. */
  offsets(topic: string): Promise<readonly PartitionOffsets[]>
  /** By partition. */
  replicas(topic: string): Promise<readonly PartitionReplicas[]>
  /** By partition: the offset that the group reads next, undefined where it never committed. */
  committed(group: string, topic: string): Promise<readonly (bigint | undefined)[]>
  /** Messages that the group has yet to commit, over all partitions of the topics. */
  lag(group: string, topics: readonly string[]): Promise<bigint>
  /** Joins a group, at least once: resolves when it has its first partitions (none, where others have all). */
  consume(options: ConsumeOptions): Promise<Consumption>
  /** Every message that a topic holds now, in order within each partition; no group is touched. */
  readTopic(topic: string): AsyncIterable<ReceivedMessage>
  /**
   * What a topic holds in these ranges, in order within each partition; no group is touched. The ranges of a partition
   * ascend and do not overlap. Offsets without a message are passed over; none may lie before what the partition holds or
   * beyond it.
   */
  readRanges(topic: string, ranges: readonly PartitionRange[]): AsyncIterable<ReceivedMessage>
}
