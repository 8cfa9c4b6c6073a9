import type { PartitionPosition, ReceivedMessage } from '../../../../stores/kafka/client.ts'
import type { AnalyticsStores } from '../../stores.ts'
import { HEADER } from '../topics.ts'
import { blockCutter, tokenOf } from './blocks.ts'
import type { Block } from './blocks.ts'
import type { EventSink, FramedBlock } from './event-sink.ts'
import { frameRecord, linesOf } from './frame.ts'
import { isTooLong, whyNoBatch } from './no-batch.ts'
import type { RecentBatches } from './recent-batches.ts'
import type { DeadLetter, SinkRecord } from './sink.ts'

/** What became of a block: what to commit, and which batches can be found now. */
export interface StoredBlock {
  readonly position: PartitionPosition
  readonly batches: readonly string[]
}

/** Gathers and stores what one partition brings. */
export interface PartitionIngest {
  /** Takes the next record; answers the block that it ends, whose batches are not stored yet. */
  take(record: ReceivedMessage): FramedBlock | undefined
  isOpen(): boolean
}

function framedBlock(block: Block, recent: RecentBatches): FramedBlock {
  const framed: SinkRecord[] = []
  const unreadable: DeadLetter[] = []
  for (const record of block.records) {
    const reason = whyNoBatch(record)
    if (reason !== undefined) {
      const letters = isTooLong(record) ? [{ position: 0, line: record.value }] : linesOf(record.value)
      for (const event of letters) unreadable.push({ ...event, record, reason })
      continue
    }
    if (recent.repeats(record.headers[HEADER.batch] ?? '', record.offset)) continue
    const sinkRecord = { ...frameRecord(record), record }
    for (const event of sinkRecord.broken) unreadable.push({ ...event, record })
    framed.push(sinkRecord)
  }
  return { ...block, framed, unreadable }
}

/** Begins to gather a partition from the end of a block. @throws OperationFailure */
export async function partitionIngest(
  stores: AnalyticsStores,
  sink: EventSink,
  start: PartitionPosition,
): Promise<PartitionIngest> {
  const cutter = blockCutter(start, sink)
  const recent = await sink.recent(stores, start)
  return {
    take(record) {
      const block = cutter.take(record)
      return block === undefined ? undefined : framedBlock(block, recent)
    },
    isOpen: () => cutter.isOpen(),
  }
}

/** Stores a block and buries what cannot be stored; once, however often it is called with the same block. */
export async function storeBlock(
  stores: AnalyticsStores,
  sink: EventSink,
  block: FramedBlock,
  signal: AbortSignal = new AbortController().signal,
): Promise<StoredBlock> {
  const refused = await sink.store(stores, block, signal)
  await sink.bury(stores, [...block.unreadable, ...refused], tokenOf(block))
  const { topic, partition, next } = block
  return {
    position: { topic, partition, offset: next },
    batches: block.framed.map(({ record }) => record.headers[HEADER.batch] ?? ''),
  }
}
