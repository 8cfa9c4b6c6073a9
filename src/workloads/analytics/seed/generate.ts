import type { ClickHouseClient } from '../../../stores/clickhouse/client.ts'
import { BROWSERS, COUNTRIES, DEVICES, EVENT_TYPES, REFERRERS } from '../events/tables.ts'
import type { EventSeeds } from '../events/event.ts'
import { schemaText, statementsOf } from '../schema.ts'

const FILE = 'schemas/analytics/generate.sql'

/** Where events that came through no topic say they came from. */
export const NO_PARTITION = 65_535

/** Which events to make: those of `count` batches from number `first`, the last of which arrived at `endMs`. */
export interface GeneratedBatches {
  readonly seeds: EventSeeds
  readonly first: number
  readonly count: number
  readonly endMs: number
  /** Milliseconds between two batches. */
  readonly gapMs: number
  /** By which the caller gives up; the engine may go on. */
  readonly signal?: AbortSignal
}

/**
 * Makes events inside the engine, by the arithmetic of `events/event.ts`: the same number gives the same event as the
 * senders'. None is broken.
 * @throws OperationFailure
 */
export async function generateEvents(clickhouse: ClickHouseClient, which: GeneratedBatches): Promise<void> {
  const { seeds, first, count, endMs, gapMs, signal } = which
  const [statement = ''] = statementsOf(await schemaText(FILE))
  await clickhouse.command(statement, {
    parameters: {
      event_seed: seeds.event % 2 ** 32,
      session_seed: seeds.session % 2 ** 32,
      batch_seed: seeds.batch % 2 ** 32,
      first,
      count,
      end_ms: endMs,
      gap_ms: gapMs,
      none: NO_PARTITION,
      event_types: EVENT_TYPES,
      referrers: REFERRERS,
      countries: COUNTRIES,
      devices: DEVICES,
      browsers: BROWSERS,
    },
    settings: { max_execution_time: 0 },
    ...(signal === undefined ? {} : { signal }),
  })
}
