import type { PartitionPosition, ReceivedMessage } from '../../../../stores/kafka/client.ts'
import { HEADER } from '../topics.ts'
import { linesIn } from './frame.ts'

/** Where the blocks of a consumer group end. */
export interface BlockRule {
  /** A cut that names the group ends a block; those of other groups end only one without records, to be passed over. */
  readonly group: string
  /**
   * A block ends with the record that brings it to so many events, or to so many bytes: it has at most one record more
   * than that. A record without events counts as one.
   */
  readonly blockEvents: number
  readonly blockBytes: number
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
 * Where blocks end follows from the log alone: after so many events or bytes, or at a cut, which is a record too. So
 * whoever reads on from the end of a block gathers the same blocks, though another member had begun them, and the sink
 * knows a repeated one by its bounds. Bounds that a member notes for itself would not bind one that is taken for
 * dead and goes on.
 * @param start the end of a block: what the group has committed
 */
export function blockCutter(start: PartitionPosition, rule: BlockRule): BlockCutter {
  let first = start.offset
  let events = 0
  let bytes = 0
  let records: ReceivedMessage[] = []
  return {
    take(record) {
      const cut = record.headers[HEADER.cut]
      if (cut === undefined) {
        records.push(record)
        events += Math.max(1, linesIn(record.value))
        bytes += record.value.length
      }
      const isRoom = events < rule.blockEvents && bytes < rule.blockBytes
      const isOpen = cut === undefined ? isRoom : cut !== rule.group && records.length > 0
      if (isOpen) return undefined
      const { topic, partition } = start
      const block = { topic, partition, first, next: record.offset + 1n, records }
      first = block.next
      records = []
      events = 0
      bytes = 0
      return block
    },
    isOpen: () => records.length > 0,
  }
}

/** The name by which the sink knows a block again. */
export function tokenOf({ topic, partition, first, next }: Block): string {
  return `${topic}:${partition}:${first}-${next}`
}
