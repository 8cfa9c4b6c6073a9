import type { Admin, ConnectionPool, Consumer } from '@platformatic/kafka'
import type { PartitionRange, ReceivedMessage } from './client.ts'
import { asked } from './failures.ts'
import { byLeader, fetchFrom } from './fetch.ts'
import type { Position } from './fetch.ts'
import { topicOffsets } from './offsets.ts'

/** Everything is there already: only what was removed meanwhile makes a broker wait. */
const FETCH_WAIT_MS = 100
/** Asked for a wanted message: what lies beyond a short range is not worth its way. */
const BYTES_A_MESSAGE = 65_536

/** Where to read on in a range. */
function positionIn(topic: string, { partition, first, next }: PartitionRange): Position {
  return { topic, partition, offset: first, mostBytes: BYTES_A_MESSAGE * Number(next - first) }
}

/**
 * What a topic holds in ranges, in order within each partition.
 * @param consumer in no group; closed by the caller, as the connections
 * @param ranges those of a partition ascend and do not overlap
 * @throws OperationFailure
 */
export async function* readRanges(
  consumer: Consumer,
  connections: ConnectionPool,
  topic: string,
  ranges: readonly PartitionRange[],
): AsyncGenerator<ReceivedMessage, void, undefined> {
  consumer.topics.track(topic)
  const left = Map.groupBy(
    ranges.filter(({ first, next }) => first < next),
    ({ partition }) => partition,
  )
  while (left.size > 0) {
    const heads = [...left.values()].flatMap((own) => own.slice(0, 1))
    const leaders = await asked(
      byLeader(
        consumer,
        heads.map((range) => positionIn(topic, range)),
      ),
    )
    for (const [node, positions] of leaders) {
      const fetched = await asked(fetchFrom(consumer, connections, node, positions, FETCH_WAIT_MS, 1))
      for (const message of fetched.messages)
        if (message.offset < (left.get(message.partition)?.[0]?.next ?? 0n)) yield message
      for (const { partition, offset } of fetched.next) {
        // What a fetch brought beyond its range may hold the begin of the next one, which is asked for by itself.
        const [head, ...rest] = left.get(partition) ?? []
        if (head !== undefined && offset < head.next)
          left.set(partition, [{ ...head, first: offset }, ...rest])
        else if (rest.length > 0) left.set(partition, rest)
        else left.delete(partition)
      }
    }
  }
}

/** What a topic holds when the reading begins, as `readRanges`. @throws OperationFailure */
export async function* readTopic(
  admin: Admin,
  consumer: Consumer,
  connections: ConnectionPool,
  topic: string,
): AsyncGenerator<ReceivedMessage, void, undefined> {
  const offsets = await topicOffsets(admin, topic)
  yield* readRanges(
    consumer,
    connections,
    topic,
    offsets.map((range, partition) => ({ ...range, partition })),
  )
}
