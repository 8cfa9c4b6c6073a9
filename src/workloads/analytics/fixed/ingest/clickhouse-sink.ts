import { tokenOf } from './blocks.ts'
import type { EventSink } from './event-sink.ts'
import { recentBatches } from './recent-batches.ts'
import { storeEvents } from './sink.ts'

/**
 * A sink in ClickHouse: each block is one insert, known again by its name.
 * @param table takes the events; views feed others from it
 * @param batches what each record brought, fed by a view
 */
export function clickhouseSink(table: string, batches: string): Pick<EventSink, 'recent' | 'store'> {
  return {
    recent: ({ clickhouse }, start) => recentBatches(clickhouse, batches, start),
    store: ({ clickhouse }, block) => storeEvents(clickhouse, block.framed, { table, token: tokenOf(block) }),
  }
}
