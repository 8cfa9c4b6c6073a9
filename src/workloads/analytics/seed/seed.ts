import type { Stores } from '../../../core/store.ts'
import type { Population, Progress, StepReport } from '../../../core/population.ts'
import { freshTopics } from '../../../patterns/topics.ts'
import type { ClickHouseClient } from '../../../stores/clickhouse/client.ts'
import { BATCH, POPULATION_BATCHES } from '../events/event.ts'
import { asWrittenTopics } from '../as-written/events.ts'
import { freshHotEvents } from '../fixed/realtime/pinot/table.ts'
import { topicSpecs } from '../fixed/topics.ts'
import { createTables } from '../schema.ts'
import { analyticsStores, DATABASES } from '../stores.ts'
import { usageError } from '../../../core/errors.ts'
import { seedsOf } from '../world.ts'
import { generateEvents } from './generate.ts'

/** Batches that one statement makes: a million events. */
const CHUNK = 10_000
/** The population's events lie in the thirty days before the run. */
const SPAN_MS = 30 * 86_400_000

/** Where the population is made before it is copied into the text's table. */
const SCRATCH = 'arch_analytics_population'

/** Fills the tables with a population's events, whose last batch arrived at `endMs`. @throws OperationFailure */
async function fillEvents(
  clickhouse: ClickHouseClient,
  population: Population,
  endMs: number,
  progress: Progress,
): Promise<void> {
  const batches = Math.ceil(population.size / BATCH)
  if (batches > POPULATION_BATCHES)
    throw usageError(
      `a population of ${population.size} events is too large`,
      `At most ${POPULATION_BATCHES * BATCH} events have numbers of their own.`,
    )
  const gapMs = Math.max(1, Math.floor(SPAN_MS / Math.max(1, batches)))
  const seeds = seedsOf(population.seed)
  for (let first = 0; first < batches; first += CHUNK) {
    progress('seed', first * BATCH, batches * BATCH, 'events')
    const count = Math.min(CHUNK, batches - first)
    // Of all chunks together, so that one made alone is the same.
    const lastMs = endMs - (batches - first - count) * gapMs
    await generateEvents(clickhouse, { seeds, first, count, endMs: lastMs, gapMs })
  }
}

/**
 * Gives the fixed variant what every run of (seed, size) starts from: tables made anew, the population's events, empty
 * topics; an empty table of Pinot where there is one. Tables are not emptied but dropped: they remember the names of blocks, and topics begin at offset 0 again.
 * @throws ArchError (exit 2) for a population that cannot be made; OperationFailure
 */
export async function seedFixed(
  stores: Stores,
  population: Population,
  progress: Progress,
): Promise<StepReport> {
  const { server, clickhouse, kafka, pinot } = analyticsStores(stores, 'fixed')
  await server.dropDatabase(DATABASES.fixed)
  await server.createDatabase(DATABASES.fixed)
  await createTables(clickhouse, 'fixed')
  await fillEvents(clickhouse, population, Date.now(), progress)
  await freshTopics(kafka, await topicSpecs())
  if (pinot !== undefined) await freshHotEvents({ pinot, kafka })
  return { changed: true, summary: `tables made, ${population.size} events in them, topics empty` }
}

const COPY = `INSERT INTO events
SELECT event_id, event_type, user_id, session_id, page_url, referrer, user_agent, country, region, city, device_type, browser,
    duration_ms, toDateTime(client_time, 'UTC'), toDate(client_time, 'UTC')
FROM `

/**
 * The same for the text's own table: the population's events as its collectors would have stored them, clocks believed.
 * @throws ArchError (exit 2) for a population that cannot be made; OperationFailure
 */
export async function seedAsWritten(
  stores: Stores,
  population: Population,
  progress: Progress,
): Promise<StepReport> {
  const { server, clickhouse, kafka } = analyticsStores(stores, 'as-written')
  await server.dropDatabase(DATABASES['as-written'])
  await server.createDatabase(DATABASES['as-written'])
  await createTables(clickhouse, 'as-written')
  await server.dropDatabase(SCRATCH)
  await server.createDatabase(SCRATCH)
  const scratch = server.withDatabase(SCRATCH)
  await createTables(scratch, 'fixed')
  await fillEvents(scratch, population, Date.now(), progress)
  await clickhouse.command(`${COPY}${SCRATCH}.events`, {
    settings: { max_execution_time: 0 },
  })
  await server.dropDatabase(SCRATCH)
  await freshTopics(kafka, await asWrittenTopics())
  return { changed: true, summary: `table made, ${population.size} events for it, topic empty` }
}
