import type { Admin } from '@platformatic/kafka'
import type { ConsumeOptions, PartitionOffsets } from './client.ts'
import type { Position } from './fetch.ts'
import { committedOffsets, topicOffsets } from './offsets.ts'

/** What a member of a group has been given. */
export interface Assigned {
  readonly topic: string
  readonly partitions: readonly number[]
}

function within(offset: bigint, { first, next }: PartitionOffsets): bigint {
  if (offset < first) return first
  return offset > next ? next : offset
}

/**
 * Where a member begins: at what its group has committed, else at the end that it wished for. A beginning at the latest
 * is committed at once: what is produced before the first commit must not be passed over by the next member.
 * @throws OperationFailure
 */
export async function startPositions(
  admin: Admin,
  commit: (positions: readonly Position[]) => Promise<void>,
  assigned: readonly Assigned[],
  { group, from }: Pick<ConsumeOptions, 'group' | 'from'>,
): Promise<readonly Position[]> {
  const positions: Position[] = []
  const fresh: Position[] = []
  for (const { topic, partitions } of assigned) {
    const committed = await committedOffsets(admin, group, topic)
    const offsets = await topicOffsets(admin, topic)
    for (const partition of partitions) {
      const ends = offsets[partition] ?? { first: 0n, next: 0n }
      const known = committed[partition]
      const offset =
        known === undefined ? (from === 'earliest' ? ends.first : ends.next) : within(known, ends)
      positions.push({ topic, partition, offset })
      if (known === undefined && from === 'latest') fresh.push({ topic, partition, offset })
    }
  }
  if (fresh.length > 0) await commit(fresh)
  return positions
}
