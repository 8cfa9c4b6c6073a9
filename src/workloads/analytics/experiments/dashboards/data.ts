import type { LoadHost } from '../../../../core/suite.ts'
import type { Population } from '../../../../core/population.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import { BATCH } from '../../events/event.ts'
import { timelineOf } from '../../history/timeline.ts'
import { createTables } from '../../schema.ts'
import { generateEvents } from '../../seed/generate.ts'

/** What the widest of the dashboards asks about. */
const SPAN_MS = 30 * 60_000
/** Batches that one statement makes. */
const CHUNK = 10_000

/**
 * Makes the tables of the fixed variant in the client's empty database, the events of a population as they would have come in
 * the last half hour, and what the real-time path keeps of them. @throws OperationFailure
 */
export async function loadLastHalfHour(
  clickhouse: ClickHouseClient,
  population: Population,
  host: LoadHost,
): Promise<void> {
  await createTables(clickhouse, 'fixed')
  const { seeds, batches } = timelineOf(population)
  const gapMs = Math.max(1, Math.floor(SPAN_MS / batches))
  const lastMs = Date.now()
  for (let first = 0; first < batches; first += CHUNK) {
    host.progress('seed', first * BATCH, batches * BATCH, 'events')
    const count = Math.min(CHUNK, batches - first)
    const endMs = lastMs - (batches - first - count) * gapMs
    await generateEvents(clickhouse, { seeds, first, count, endMs, gapMs, signal: host.signal })
    await clickhouse.command(
      'INSERT INTO hot_events SELECT * FROM events WHERE batch_id >= {first:UInt64} AND batch_id < {end:UInt64}',
      {
        parameters: { first, end: first + count },
        settings: { max_execution_time: 0 },
        signal: host.signal,
      },
    )
  }
}
