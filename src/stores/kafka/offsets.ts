import { ListOffsetTimestamps } from '@platformatic/kafka'
import type { Admin } from '@platformatic/kafka'
import type { PartitionOffsets } from './client.ts'
import { asked } from './failures.ts'
import { lookUpTopic } from './topics.ts'

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

async function endsOf(
  admin: Admin,
  name: string,
  partitions: number,
  timestamp: bigint,
): Promise<ReadonlyMap<number, bigint>> {
  const asking = range(partitions).map((partitionIndex) => ({ partitionIndex, timestamp }))
  const [answer] = await admin.listOffsets({ topics: [{ name, partitions: asking }] })
  return new Map(answer?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset]))
}

/** What each partition of a topic holds. @throws OperationFailure */
export async function topicOffsets(admin: Admin, name: string): Promise<readonly PartitionOffsets[]> {
  return asked(
    (async () => {
      const { partitionsCount } = await lookUpTopic(admin, name)
      // In this order: what is appended in between makes the range longer, never empty.
      const firsts = await endsOf(admin, name, partitionsCount, ListOffsetTimestamps.EARLIEST)
      const nexts = await endsOf(admin, name, partitionsCount, ListOffsetTimestamps.LATEST)
      return range(partitionsCount).map((partition) => ({
        first: firsts.get(partition) ?? 0n,
        next: nexts.get(partition) ?? 0n,
      }))
    })(),
  )
}

/** Where a group goes on in each partition of a topic. @throws OperationFailure */
export async function committedOffsets(
  admin: Admin,
  groupId: string,
  name: string,
): Promise<readonly (bigint | undefined)[]> {
  return asked(
    (async () => {
      const { partitionsCount } = await lookUpTopic(admin, name)
      const topics = [{ name, partitionIndexes: range(partitionsCount) }]
      const [group] = await admin.listConsumerGroupOffsets({ groups: [{ groupId, topics }] })
      const found = new Map(
        group?.topics
          .flatMap(({ partitions }) => partitions)
          .map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
      )
      return range(partitionsCount).map((partition) => {
        const offset = found.get(partition)
        return offset === undefined || offset < 0n ? undefined : offset
      })
    })(),
  )
}

/** What a group has not committed of a topic. @throws OperationFailure */
export async function topicLag(admin: Admin, group: string, name: string): Promise<bigint> {
  const committed = await committedOffsets(admin, group, name)
  const offsets = await topicOffsets(admin, name)
  let lag = 0n
  for (const [partition, { first, next }] of offsets.entries()) {
    // What has been removed since is no longer to be read.
    const from = committed[partition] ?? first
    lag += next - (from < first ? first : from)
  }
  return lag
}
