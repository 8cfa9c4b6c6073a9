import { tokenOf } from './blocks.ts'
import type { EventSink } from './event-sink.ts'
import { recentBatches } from './recent-batches.ts'
import type { BatchTables } from './recent-batches.ts'
import { storeEvents } from './sink.ts'

/**
 * A sink in ClickHouse: each block is one insert, known again by its name.
 * @param table takes the events; views feed others from it
 * @param known what each record brought, fed by a view, and dead letters
 */
export function clickhouseSink(table: string, known: BatchTables): Pick<EventSink, 'recent' | 'store'> {
  return {
    recent: ({ clickhouse }, start) => recentBatches(clickhouse, known, start),
    store: ({ clickhouse }, block) => storeEvents(clickhouse, block.framed, { table, token: tokenOf(block) }),
  }
}
