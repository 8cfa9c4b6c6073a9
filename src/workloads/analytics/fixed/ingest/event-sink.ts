import type { FlowName } from '../../../../core/names.ts'
import type { AnalyticsStores } from '../../stores.ts'
import type { BlockRule } from './blocks.ts'
import type { DeadLetter } from './sink.ts'

/**
 * What a block holds at least that is not cut before: of a hundred events each, 1,024 records. A record of a broker that
 * takes 1 MiB adds as much at most, so that a block stays far below the rows that one insert may have (`sink.ts`), and the
 * blocks in memory below a few hundred megabytes.
 */
export const FULL_BLOCK: Omit<BlockRule, 'group'> = { blockEvents: 102_400, blockBytes: 32 * 2 ** 20 }

/** Where a consumer group takes the events of the topic. */
export interface EventSink extends BlockRule {
  /**
   * Milliseconds after which records that wait for the end of their block get it by a cut: how long an event waits, and
   * how often what an insert costs by itself is paid.
   */
  readonly cutAfterMs: number
  /** The table of events; views feed others from it. */
  readonly table: string
  /** The table of what each record brought, fed by a view. */
  readonly batches: string
  /** The flow that a stored batch ends. */
  readonly flow: FlowName
  /** What becomes of events that cannot be stored. @throws OperationFailure */
  bury(stores: AnalyticsStores, letters: readonly DeadLetter[], token: string): Promise<void>
}
