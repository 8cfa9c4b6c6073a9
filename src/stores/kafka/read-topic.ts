import type { Admin, ConnectionPool, Consumer } from '@platformatic/kafka'
import type { ReceivedMessage } from './client.ts'
import { asked } from './failures.ts'
import { byLeader, fetchFrom, partitionKey } from './fetch.ts'
import type { Position } from './fetch.ts'
import { topicOffsets } from './offsets.ts'

/** Everything is there already: only what was removed meanwhile makes a broker wait. */
const FETCH_WAIT_MS = 100

/**
 * What a topic holds when the reading begins, in order within each partition.
 * @param consumer in no group; closed by the caller, as the connections
 * @throws OperationFailure
 */
export async function* readTopic(
  admin: Admin,
  consumer: Consumer,
  connections: ConnectionPool,
  topic: string,
): AsyncGenerator<ReceivedMessage, void, undefined> {
  consumer.topics.track(topic)
  const offsets = await topicOffsets(admin, topic)
  const ends = new Map(offsets.map(({ next }, partition) => [partitionKey({ topic, partition }), next]))
  const endOf = (position: Position): bigint => ends.get(partitionKey(position)) ?? 0n
  let left: readonly Position[] = offsets
    .map(({ first }, partition) => ({ topic, partition, offset: first }))
    .filter((position) => position.offset < endOf(position))
  while (left.length > 0) {
    const leaders = await asked(byLeader(consumer, left))
    const moved = new Map<string, Position>()
    for (const [node, own] of leaders) {
      const fetched = await asked(fetchFrom(consumer, connections, node, own, FETCH_WAIT_MS, 1))
      for (const message of fetched.messages)
        if (message.offset < (ends.get(partitionKey(message)) ?? 0n)) yield message
      for (const position of fetched.next) moved.set(partitionKey(position), position)
    }
    left = left
      .map((position) => moved.get(partitionKey(position)) ?? position)
      .filter((position) => position.offset < endOf(position))
  }
}
