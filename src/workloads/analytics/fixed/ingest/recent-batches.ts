import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import type { PartitionPosition } from '../../../../stores/kafka/client.ts'
import { NO_BATCH_REASONS } from './no-batch.ts'

/**
 * A batch is known again if it was in one of so many records before. At 100,000 events a second, a hundred a record, over
 * two partitions that is 200 s; at the mean rate half an hour. What an SDK sends again later is counted again. It costs
 * some ten megabytes a partition.
 */
const REACH = 100_000n
/** Those out of reach are forgotten so many records at a time: looking for them costs more than keeping them. */
const FORGET_EVERY = REACH / 10n

const WITHIN =
  'WHERE kafka_partition = {partition:UInt16} AND kafka_offset >= {from:UInt64} AND kafka_offset < {below:UInt64}'
const STORED = `SELECT batch_id AS batch, kafka_offset AS offset FROM {batches:Identifier} ${WITHIN}`
/** Of a batch whose events are all broken there is nothing but its letters. What a record that is no batch says of its number counts for nothing. */
const BURIED = `SELECT DISTINCT batch_id, kafka_offset FROM {letters:Identifier} ${WITHIN} AND reason NOT IN {noBatch:Array(String)}`

/** Where a sink notes which batches it had. */
export interface BatchTables {
  /** What each record brought that was stored. */
  readonly batches: string
  /** Where what cannot be stored lies, of a sink that buries it: another keeps nothing that could be there twice. */
  readonly letters?: string
}

/** Which batches of a partition have been there lately. */
export interface RecentBatches {
  /** Whether the batch at `offset` repeats an earlier one; if not, it is remembered. Offsets ascend. */
  repeats(batch: string, offset: bigint): boolean
}

/** @param known by batch, the offsets at which they were, oldest first */
export function newRecent(known: Map<string, bigint>): RecentBatches {
  let forgotten = 0n
  function forget(below: bigint): void {
    forgotten = below
    for (const [batch, at] of known) {
      if (at >= below) break
      known.delete(batch)
    }
  }
  return {
    repeats(batch, offset) {
      const at = known.get(batch)
      if (at !== undefined && at + REACH > offset) return true
      known.delete(batch)
      known.set(batch, offset)
      if (offset - REACH - forgotten >= FORGET_EVERY) forget(offset - REACH)
      return false
    },
  }
}

/**
 * What an SDK sends again because it saw no answer is dropped: its batch has the number that it had. What is
 * known follows from the log before `position`, all of which the tables hold, so that a block that is inserted again drops
 * the same.
 * @throws OperationFailure
 */
export async function recentBatches(
  clickhouse: ClickHouseClient,
  { batches, letters }: BatchTables,
  { partition, offset }: PartitionPosition,
): Promise<RecentBatches> {
  const from = offset > REACH ? offset - REACH : 0n
  const within = { batches, partition, from, below: offset }
  const [text, parameters] =
    letters === undefined
      ? [STORED, within]
      : [`${STORED} UNION ALL ${BURIED}`, { ...within, letters, noBatch: NO_BATCH_REASONS }]
  const { rows } = await clickhouse.query<{ batch: string; offset: string }>(
    `SELECT batch, offset FROM (${text}) ORDER BY offset`,
    { parameters },
  )
  return newRecent(new Map(rows.map((row) => [row.batch, BigInt(row.offset)])))
}
