import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import type { PartitionPosition } from '../../../../stores/kafka/client.ts'

/** A batch is known again if it was in one of so many records before: minutes at the full rate. */
const REACH = 20_000n

const RECENT =
  'SELECT batch_id AS batch, kafka_offset AS offset FROM {batches:Identifier} WHERE kafka_partition = {partition:UInt16} AND kafka_offset >= {from:UInt64} AND kafka_offset < {below:UInt64} ORDER BY kafka_offset'

/** Which batches of a partition have been there lately. */
export interface RecentBatches {
  /** Whether the batch at `offset` repeats an earlier one; if not, it is remembered. Offsets ascend. */
  repeats(batch: string, offset: bigint): boolean
}

function newRecent(known: Map<string, bigint>): RecentBatches {
  return {
    repeats(batch, offset) {
      // Oldest first, as they came.
      for (const [old, at] of known) {
        if (at + REACH > offset) break
        known.delete(old)
      }
      if (known.has(batch)) return true
      known.set(batch, offset)
      return false
    },
  }
}

/**
 * What an SDK sends again because it saw no answer is dropped: its batch has the number that it had. What is
 * known follows from the log before `position`, all of which table `batches` holds, so that a block that is inserted again
 * drops the same.
 * @throws OperationFailure
 */
export async function recentBatches(
  clickhouse: ClickHouseClient,
  batches: string,
  { partition, offset }: PartitionPosition,
): Promise<RecentBatches> {
  const from = offset > REACH ? offset - REACH : 0n
  const { rows } = await clickhouse.query<{ batch: string; offset: string }>(RECENT, {
    parameters: { batches, partition, from, below: offset },
  })
  return newRecent(new Map(rows.map((row) => [row.batch, BigInt(row.offset)])))
}
