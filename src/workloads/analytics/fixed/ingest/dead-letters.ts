import type { AnalyticsStores } from '../../stores.ts'
import { HEADER, TOPIC, isBatchNumber } from '../topics.ts'
import type { DeadLetter } from './sink.ts'

/** Bytes of an event that are kept in the table. */
const KEPT_BYTES = 2_000
/** And in the topic, which takes 1 MiB with key and headers: of a record of one line that has the reason beside it. */
const KEPT_BYTES_IN_TOPIC = 512 * 1024

function rowOf({ record, position, line, reason }: DeadLetter): Buffer {
  const said = record.headers[HEADER.batch]
  const batch = isBatchNumber(said) ? said : '0'
  const kept = line.subarray(0, KEPT_BYTES).toString()
  const values = [
    record.partition,
    record.offset.toString(),
    position,
    batch,
    record.timestampMs,
    reason,
    kept,
  ]
  return Buffer.from(`${JSON.stringify(values)}\n`)
}

/**
 * Puts events that cannot be stored where somebody will look: into the topic, at least once, and into the table, once
 * . Nothing is passed over before this is done.
 * @throws OperationFailure
 */
export async function buryEvents(
  { clickhouse, kafka }: AnalyticsStores,
  letters: readonly DeadLetter[],
  token: string,
): Promise<void> {
  if (letters.length === 0) return
  await kafka.produce(
    TOPIC.deadLetters,
    letters.map(({ record, position, line, reason }) => ({
      key: `${record.partition}-${record.offset}-${position}`,
      value: line.subarray(0, KEPT_BYTES_IN_TOPIC),
      headers: { ...record.headers, reason },
    })),
  )
  await clickhouse.insert('dead_letters', 'JSONCompactEachRow', letters.map(rowOf), {
    settings: { insert_deduplication_token: token, insert_deduplicate: 1, async_insert: 0 },
  })
}
