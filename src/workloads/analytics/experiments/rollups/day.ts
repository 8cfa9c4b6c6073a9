import type { LoadHost } from '../../../../core/suite.ts'
import type { Population } from '../../../../core/population.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import { BATCH } from '../../events/event.ts'
import { arrivalMs, DAY_MS, timelineOf } from '../../history/timeline.ts'
import type { Timeline } from '../../history/timeline.ts'
import { schemaText, statementsOf } from '../../schema.ts'
import { generateEvents } from '../../seed/generate.ts'

/** Blocks of a day: one an hour for each of so many partitions of the topic, as the consumers of a group insert. */
const HOURS = 24
const PARTITIONS = 4
/** Batches that one statement makes. */
const CHUNK = 10_000

/** One day of a population, evenly: minutes hold events of several sessions, as they do where many come. */
function dayOf(population: Population): Timeline {
  const timeline = timelineOf(population)
  return { ...timeline, gapMs: Math.max(1, Math.floor(DAY_MS / timeline.batches)) }
}

/** Makes tables, views and the events of a day in the client's empty database. @throws OperationFailure */
export async function loadDay(
  clickhouse: ClickHouseClient,
  population: Population,
  host: LoadHost,
): Promise<void> {
  for (const file of ['history', 'rollups'])
    for (const statement of statementsOf(await schemaText(`schemas/analytics/${file}.sql`)))
      await clickhouse.command(statement)
  const timeline = dayOf(population)
  const { seeds, batches, gapMs } = timeline
  for (let first = 0; first < batches; first += CHUNK) {
    host.progress('seed', first * BATCH, batches * BATCH, 'events')
    const count = Math.min(CHUNK, batches - first)
    const endMs = arrivalMs(timeline, first + count - 1)
    await generateEvents(clickhouse, { seeds, first, count, endMs, gapMs, signal: host.signal })
  }
}

/** Hands the day to the views, block by block, as inserts would. A session is in one partition. @throws OperationFailure */
export async function fillRollups(
  clickhouse: ClickHouseClient,
  population: Population,
  host: LoadHost,
): Promise<void> {
  const { batches } = dayOf(population)
  const each = Math.ceil(batches / HOURS)
  for (let first = 0; first < batches; first += each) {
    host.progress('rollups', first * BATCH, batches * BATCH, 'events')
    for (let partition = 0; partition < PARTITIONS; partition += 1)
      await clickhouse.command(
        `INSERT INTO arrivals SELECT event_time, event_type, country, duration_ms FROM events
        WHERE batch_id >= {first:UInt64} AND batch_id < {end:UInt64} AND cityHash64(session_id) % ${PARTITIONS} = {partition:UInt8}`,
        {
          parameters: { first, end: first + each, partition },
          settings: { max_execution_time: 0 },
          signal: host.signal,
        },
      )
  }
}
