import type { FlowName } from '../../../../core/names.ts'
import type { AnalyticsStores } from '../../stores.ts'
import type { PartitionPosition } from '../../../../stores/kafka/client.ts'
import type { Block, BlockRule } from './blocks.ts'
import type { RecentBatches } from './recent-batches.ts'
import type { DeadLetter, SinkRecord } from './sink.ts'

/**
 * What a block holds at least that is not cut before: of a hundred events each, 1,024 records. A record of a broker that
 * takes 1 MiB adds as much at most, so that a block stays far below the rows that one insert may have (`sink.ts`), and the
 * blocks in memory below a few hundred megabytes.
 */
export const FULL_BLOCK: Omit<BlockRule, 'group'> = { blockEvents: 102_400, blockBytes: 32 * 2 ** 20 }

/** A block, ready to be stored: what it repeats has been left out. */
export interface FramedBlock extends Block {
  readonly framed: readonly SinkRecord[]
  readonly unreadable: readonly DeadLetter[]
}

/** Where a consumer group takes the events of the topic. */
export interface EventSink extends BlockRule {
  /**
   * Milliseconds after which records that wait for the end of their block get it by a cut: how long an event waits, and
   * how often what an insert costs by itself is paid.
   */
  readonly cutAfterMs: number
  /** Which batches of a partition it has before `start`. @throws OperationFailure */
  recent(stores: AnalyticsStores, start: PartitionPosition): Promise<RecentBatches>
  /**
   * Stores the events of a block, each once however often the same block is stored; when it resolves they can be found.
   * @returns those that it refuses
   * @throws OperationFailure
   */
  store(stores: AnalyticsStores, block: FramedBlock, signal: AbortSignal): Promise<readonly DeadLetter[]>
  /** The flow that a stored batch ends. */
  readonly flow: FlowName
  /** What becomes of events that cannot be stored. @throws OperationFailure */
  bury(stores: AnalyticsStores, letters: readonly DeadLetter[], token: string): Promise<void>
}
