import type { Named } from '../../../../core/experiment.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'

/** A way to find events by their time. */
export interface Design extends Named {
  /** What is added to the table; nothing of the fixed variant's own. */
  readonly projection?: string
}

/** The fixed variant's key, and what A-05 would add to it. */
export const DESIGNS: readonly Design[] = [
  {
    name: 'third',
    description: "time third in the key, after type and country: the text's key, as the fixed variant has it",
  },
  {
    name: 'projection',
    description: 'and a projection: all columns once more, in the order of time',
    projection: 'SELECT * ORDER BY event_time',
  },
  {
    name: 'offsets',
    description: 'and a projection of times alone, with where in the part their rows are',
    projection: 'SELECT event_time, _part_offset ORDER BY event_time',
  },
]

/** Any number of rows, however many the projection would name. */
export const PROJECTIONS_USED = {
  optimize_use_projections: 1,
  optimize_use_projection_filtering: 1,
  min_table_rows_to_use_projection_index: 0,
} as const

/** The columns of `events` that an INSERT names: others follow from them. @throws OperationFailure */
async function insertedColumns(client: ClickHouseClient): Promise<string> {
  const { rows } = await client.query<{ names: string }>(
    `SELECT arrayStringConcat(groupArray(name), ', ') AS names FROM system.columns
    WHERE database = currentDatabase() AND table = 'events' AND default_kind NOT IN ('MATERIALIZED', 'EPHEMERAL', 'ALIAS')`,
  )
  return rows[0]?.names ?? ''
}

/** Makes an empty table `events` of a design beside that of `source`. @throws OperationFailure */
export async function createDesign(
  client: ClickHouseClient,
  source: string,
  { projection }: Design,
): Promise<void> {
  await client.command(`CREATE TABLE events AS ${source}.events`)
  if (projection !== undefined)
    await client.command(`ALTER TABLE events ADD PROJECTION by_time (${projection})`)
}

/** Copies batches of the source's events, in blocks as ingestion has them. @throws OperationFailure */
export async function copyEvents(
  client: ClickHouseClient,
  source: string,
  { first, end }: { readonly first: number; readonly end: number },
  signal: AbortSignal,
): Promise<void> {
  const columns = await insertedColumns(client)
  await client.command(
    `INSERT INTO events (${columns}) SELECT ${columns} FROM ${source}.events WHERE batch_id >= {first:UInt64} AND batch_id < {end:UInt64}`,
    {
      parameters: { first, end },
      settings: {
        max_execution_time: 0,
        max_insert_threads: 1,
        min_insert_block_size_rows: 102_400,
        min_insert_block_size_bytes: 0,
      },
      signal,
    },
  )
}
