import { ENCODED_COLUMNS } from '../events/columns.ts'
import type { ClickHouseClient } from '../../../stores/clickhouse/client.ts'
import type { PostgresQueries } from '../../../stores/postgres/client.ts'

/** The text's columns, in its order: the others of a table are for the way that events came. */
export const TEXT_COLUMNS: readonly string[] = [...ENCODED_COLUMNS.slice(0, -1), 'event_time', 'date']

/** Rows of a table of sizes beside those of single columns. */
export const TOTALS = {
  columns: 'columns',
  rest: 'rest',
  indexes: 'indexes',
  all: 'all',
} as const

/** Whether a row of a table of sizes is about the same things in two stores or tables, so that a ratio says something. */
export function isAlike(row: string): boolean {
  return row !== TOTALS.rest && row !== TOTALS.indexes
}

/** Bytes a row of a table of events. */
export interface RowSize {
  readonly rows: number
  /** By column. */
  readonly columns: Readonly<Record<string, number>>
  readonly indexes: number
  /** With indexes and all else that the store keeps for the rows. */
  readonly all: number
}

/** The text's columns together. */
export function ofTextColumns({ columns }: Pick<RowSize, 'columns'>): number {
  return TEXT_COLUMNS.reduce((sum, name) => sum + (columns[name] ?? 0), 0)
}

/** What is neither the text's columns nor indexes: tuple headers and pages, or marks and columns of one's own. */
function restOf(size: RowSize): number {
  return size.all - size.indexes - ofTextColumns(size)
}

/** What a row of a table of sizes says of one store or table. */
export function bytesOfRow(row: string, size: RowSize): number {
  switch (row) {
    case TOTALS.columns:
      return ofTextColumns(size)
    case TOTALS.rest:
      return restOf(size)
    case TOTALS.indexes:
      return size.indexes
    case TOTALS.all:
      return size.all
    default:
      return size.columns[row] ?? 0
  }
}

/**
 * Gives every column a file of its own, whatever the size of a part: those of small ones are one file, in which nobody
 * counts them apart. @throws OperationFailure
 */
export async function widenParts(clickhouse: ClickHouseClient): Promise<void> {
  await clickhouse.command('ALTER TABLE events MODIFY SETTING min_bytes_for_wide_part = 0')
  const { rows } = await clickhouse.query(
    "SELECT 1 AS one FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active AND part_type != 'Wide' LIMIT 1",
  )
  if (rows.length === 0) return
  await clickhouse.command('OPTIMIZE TABLE events FINAL', { settings: { max_execution_time: 0 } })
}

/** What `events` takes of a disk in ClickHouse, compressed. @throws OperationFailure */
export async function clickhouseSize(clickhouse: ClickHouseClient): Promise<RowSize> {
  const active = "database = currentDatabase() AND table = 'events' AND active"
  const { rows: parts } = await clickhouse.query<Record<'rows' | 'bytes' | 'indexes', string>>(
    `SELECT sum(rows) AS rows, sum(bytes_on_disk) AS bytes,
      sum(secondary_indices_compressed_bytes + secondary_indices_marks_bytes) AS indexes FROM system.parts WHERE ${active}`,
  )
  const { rows: columns } = await clickhouse.query<{ column: string; bytes: string }>(
    `SELECT column, sum(column_data_compressed_bytes) AS bytes FROM system.parts_columns WHERE ${active} GROUP BY column`,
  )
  const rows = Number(parts[0]?.rows ?? 0)
  return {
    rows,
    columns: Object.fromEntries(columns.map(({ column, bytes }) => [column, Number(bytes) / rows])),
    indexes: Number(parts[0]?.indexes ?? 0) / rows,
    all: Number(parts[0]?.bytes ?? 0) / rows,
  }
}

const POSTGRES_SIZE = {
  name: 'experiment_size',
  text: `SELECT count(*) AS rows, pg_indexes_size('events') AS indexes, pg_total_relation_size('events') AS bytes,
  ${TEXT_COLUMNS.map((name) => `avg(pg_column_size(${name}))::float8 AS "${name}"`).join(', ')} FROM events`,
}

/** The same in PostgreSQL. @throws OperationFailure */
export async function postgresSize(postgres: PostgresQueries): Promise<RowSize> {
  const [answer] = await postgres.query<Record<string, bigint | number>>(POSTGRES_SIZE)
  const { rows: count = 0, indexes = 0, bytes = 0, ...columns } = answer ?? {}
  const rows = Number(count)
  return {
    rows,
    columns: Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, Number(value)])),
    indexes: Number(indexes) / rows,
    all: Number(bytes) / rows,
  }
}

const FIXED_WIDTH: Readonly<Record<string, number>> = {
  event_id: 16,
  session_id: 16,
  user_id: 8,
  event_time: 8,
  duration_ms: 4,
  date: 2,
}

/** Bytes of the values themselves: numbers as wide as ClickHouse's types, texts without their lengths. */
export async function rawColumns(clickhouse: ClickHouseClient): Promise<RowSize['columns']> {
  const texts = TEXT_COLUMNS.filter((name) => !(name in FIXED_WIDTH))
  const { rows } = await clickhouse.query<Record<string, number>>(
    `SELECT ${texts.map((name) => `avg(length(${name})) AS ${name}_bytes`).join(', ')} FROM events`,
    { settings: { max_execution_time: 0 } },
  )
  return {
    ...FIXED_WIDTH,
    ...Object.fromEntries(texts.map((name) => [name, rows[0]?.[`${name}_bytes`] ?? 0])),
  }
}
