import type { PartitionRange } from '../../../stores/kafka/client.ts'
import { HOT_EVENTS } from '../fixed/realtime/pinot/table.ts'
import type { AnalyticsStores } from '../stores.ts'

/** Records asked about at once: a server of Pinot keeps 100,000 groups at most. */
const RECORDS = 50_000n

interface Brought {
  readonly offset: number | string
  readonly batch: string
  readonly events: number
}

/**
 * Copies what each record brought, as Pinot holds it, into ClickHouse's table `hot_batches`, which is empty where Pinot
 * keeps the events: gaps are looked for there. @throws OperationFailure
 */
export async function copyPinotBatches(
  { clickhouse, pinot }: Pick<AnalyticsStores, 'clickhouse' | 'pinot'>,
  read: readonly PartitionRange[],
): Promise<void> {
  if (pinot === undefined) throw new Error('hot=pinot without a Pinot')
  await clickhouse.command('TRUNCATE TABLE hot_batches')
  for (const { partition, first, next } of read) {
    for (let from = first; from < next; from += RECORDS) {
      const rows = await pinot.query<Brought>(
        `SELECT kafka_offset AS "offset", batch_id AS batch, COUNT(*) AS events FROM ${HOT_EVENTS.table} WHERE kafka_partition = ${partition} AND kafka_offset >= ${from} AND kafka_offset < ${from + RECORDS} GROUP BY kafka_offset, batch_id LIMIT ${RECORDS}`,
      )
      const lines = rows.map(({ offset, batch, events }) =>
        Buffer.from(`[${partition},${offset},${batch},${Date.now()},${events}]\n`),
      )
      const settings = { insert_deduplicate: 0 }
      await clickhouse.insert('hot_batches', 'JSONCompactEachRow', lines, { settings })
    }
  }
}
