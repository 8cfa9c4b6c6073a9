import type { ConnectionPool, Consumer, KafkaRecord, RecordsBatch } from '@platformatic/kafka'
import type { ReceivedMessage } from './client.ts'

/** One whole batch of a producer fits at least, however large this is. */
const PARTITION_BYTES = 2 ** 20
const REQUEST_BYTES = 8 * 2 ** 20
/** Of the driver's record batches: markers of transactions. */
const CONTROL = 0b10_0000
const ANY_EPOCH = -1

/** Where to read on in one partition. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Bytes that are wanted of it at most, beyond one whole batch of a producer. */
  readonly mostBytes?: number
}

/** What one fetch brought. */
export interface Fetched {
  readonly messages: readonly ReceivedMessage[]
  /** Where to read on: only the partitions that moved. */
  readonly next: readonly Position[]
}

/** A name for one partition in maps. */
export function partitionKey({ topic, partition }: Pick<Position, 'topic' | 'partition'>): string {
  return `${topic}:${partition}`
}

function headersOf(record: KafkaRecord): Readonly<Record<string, string>> {
  return Object.fromEntries(
    record.headers.map(([name, value]) => [name?.toString() ?? '', value?.toString() ?? '']),
  )
}

function* messagesOf(batch: RecordsBatch, position: Position): Generator<ReceivedMessage> {
  if ((batch.attributes & CONTROL) !== 0) return
  for (const record of batch.records) {
    const offset = batch.firstOffset + BigInt(record.offsetDelta)
    // A batch comes whole, also when it begins before the place that was asked for.
    if (offset < position.offset) continue
    yield {
      topic: position.topic,
      partition: position.partition,
      offset,
      key: record.key?.toString(),
      value: record.value ?? Buffer.alloc(0),
      headers: headersOf(record),
      timestampMs: Number(batch.firstTimestamp + record.timestampDelta),
    }
  }
}

/** The positions by the broker that leads their partition. @throws the driver's error */
export async function byLeader(
  consumer: Consumer,
  positions: readonly Position[],
): Promise<ReadonlyMap<number, readonly Position[]>> {
  const names = [...new Set(positions.map(({ topic }) => topic))]
  const { topics } = await consumer.metadata({ topics: names })
  return Map.groupBy(
    positions,
    ({ topic, partition }) => topics.get(topic)?.partitions[partition]?.leader ?? -1,
  )
}

/**
 * Reads on in partitions that one broker leads, whose topics the consumer tracks.
 * @param connections apart from the consumer's own: a broker answers the requests of a connection in order, and a
 *   heartbeat must not wait for messages to come
 * @param waitMs how long the broker waits for `minimumBytes` of messages
 * @throws the driver's error
 */
export async function fetchFrom(
  consumer: Consumer,
  connections: ConnectionPool,
  node: number,
  positions: readonly Position[],
  waitMs: number,
  minimumBytes: number,
): Promise<Fetched> {
  const names = [...new Set(positions.map(({ topic }) => topic))]
  const { topics } = await consumer.metadata({ topics: names })
  const nameOf = new Map(names.map((name) => [topics.get(name)?.id ?? '', name]))
  const wanted = [...nameOf].map(([topicId, name]) => ({
    topicId,
    partitions: positions
      .filter(({ topic }) => topic === name)
      .map(({ partition, offset, mostBytes }) => ({
        partition,
        fetchOffset: offset,
        currentLeaderEpoch: ANY_EPOCH,
        lastFetchedEpoch: ANY_EPOCH,
        partitionMaxBytes: Math.min(mostBytes ?? PARTITION_BYTES, PARTITION_BYTES),
      })),
  }))
  const answer = await consumer.fetch({
    node,
    topics: wanted,
    connectionPool: connections,
    maxWaitTime: waitMs,
    minBytes: minimumBytes,
    maxBytes: REQUEST_BYTES,
  })
  const from = new Map(positions.map((position) => [partitionKey(position), position]))
  const messages: ReceivedMessage[] = []
  const next: Position[] = []
  for (const { topicId, partitions } of answer.responses) {
    for (const { partitionIndex, records } of partitions) {
      const topic = nameOf.get(topicId) ?? ''
      const position = from.get(partitionKey({ topic, partition: partitionIndex }))
      const last = records?.at(-1)
      if (position === undefined || records === null || records === undefined || last === undefined) continue
      for (const batch of records) for (const message of messagesOf(batch, position)) messages.push(message)
      next.push({ ...position, offset: last.firstOffset + BigInt(last.lastOffsetDelta) + 1n })
    }
  }
  return { messages, next }
}
