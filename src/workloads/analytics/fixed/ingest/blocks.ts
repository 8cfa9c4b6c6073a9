import type { PartitionPosition, ReceivedMessage } from '../../../../stores/kafka/client.ts'
import { HEADER } from '../topics.ts'

/** Where the blocks of a consumer group end. */
export interface BlockRule {
  /** A cut that names the group ends a block; those of other groups end only one without records, to be passed over. */
  readonly group: string
  /** Records of a block at most. */
  readonly blockRecords: number
}

/** What one insert holds: the records of a partition from `first` up to, and without, `next`. */
export interface Block {
  readonly topic: string
  readonly partition: number
  readonly first: bigint
  readonly next: bigint
  /** Records with events; where blocks end by a cut alone there may be none. */
  readonly records: readonly ReceivedMessage[]
}

/** Gathers the records of one partition into blocks. */
export interface BlockCutter {
  /** Takes the next record; answers the block that it ends. */
  take(record: ReceivedMessage): Block | undefined
  /** Whether records wait for the end of their block. */
  isOpen(): boolean
}

/**
 * Where blocks end follows from the log alone: after so many records, or at a cut, which is a record too. So
 * whoever reads on from the end of a block gathers the same blocks, though another member had begun them, and the sink
 * knows a repeated one by its bounds. Bounds that a member notes for itself would not bind one that is taken for
 * dead and goes on.
 * @param start the end of a block: what the group has committed
 */
export function blockCutter(start: PartitionPosition, { group, blockRecords }: BlockRule): BlockCutter {
  let first = start.offset
  let records: ReceivedMessage[] = []
  return {
    take(record) {
      const cut = record.headers[HEADER.cut]
      if (cut === undefined) records.push(record)
      const isOpen = cut === undefined ? records.length < blockRecords : cut !== group && records.length > 0
      if (isOpen) return undefined
      const { topic, partition } = start
      const block = { topic, partition, first, next: record.offset + 1n, records }
      first = block.next
      records = []
      return block
    },
    isOpen: () => records.length > 0,
  }
}

/** The name by which the sink knows a block again. */
export function tokenOf({ topic, partition, first, next }: Block): string {
  return `${topic}:${partition}:${first}-${next}`
}
