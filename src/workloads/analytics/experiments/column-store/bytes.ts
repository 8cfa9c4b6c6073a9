import type { Named, Pattern, Readings } from '../../../../core/experiment.ts'
import { column } from '../columns.ts'
import { ofTextColumns, restOf, TEXT_COLUMNS } from '../sizes.ts'
import type { RowSize } from '../sizes.ts'

/** What the same rows take in either store. */
export interface Sizes {
  readonly raw: RowSize['columns']
  readonly postgres: RowSize
  readonly clickhouse: RowSize
}

/** Rows beside those of single columns. */
export const TOTALS = {
  columns: 'columns',
  rest: 'rest',
  indexes: 'indexes',
  all: 'all',
} as const

const ROWS: readonly Named[] = [
  ...TEXT_COLUMNS.map((name) => ({ name, description: '' })),
  { name: TOTALS.columns, description: "the text's fifteen columns together" },
  {
    name: TOTALS.rest,
    description: 'row headers and pages; marks, and seven columns of where an event came from',
  },
  { name: TOTALS.indexes, description: 'four B-trees; four skip indexes' },
  { name: TOTALS.all, description: 'what the disk holds' },
]

/** Bytes a row, by column and in all. */
export const bytesPattern: Pattern = {
  name: 'bytes',
  description:
    'bytes a row: the values themselves, as PostgreSQL stores them, as ClickHouse does (the text: 10x, ANA-26)',
  rows: ROWS,
  columns: [
    column('raw', 'raw', 'rate', 1),
    column('postgres', 'PG', 'rate', 0),
    column('clickhouse', 'CH', 'rate', 0),
    column('rawRatio', 'raw/CH', 'ratio', 0),
    column('ratio', 'PG/CH', 'ratio', 0),
  ],
  once: true,
}

function readings(postgres: number, clickhouse: number, raw?: number): Readings {
  const ratio = clickhouse > 0 ? { ratio: postgres / clickhouse } : {}
  if (raw === undefined) return { postgres, clickhouse, ...ratio }
  return { raw, postgres, clickhouse, ...(clickhouse > 0 ? { rawRatio: raw / clickhouse } : {}), ...ratio }
}

/** The figures of one row. Those of `rest` and `indexes` are of different things, and have no ratio. */
export function bytesOf(row: string, { raw, postgres, clickhouse }: Sizes): Readings {
  switch (row) {
    case TOTALS.columns:
      return readings(ofTextColumns(postgres), ofTextColumns(clickhouse), ofTextColumns({ columns: raw }))
    case TOTALS.rest:
      return { postgres: restOf(postgres), clickhouse: restOf(clickhouse) }
    case TOTALS.indexes:
      return { postgres: postgres.indexes, clickhouse: clickhouse.indexes }
    case TOTALS.all:
      return readings(postgres.all, clickhouse.all)
    default:
      return readings(postgres.columns[row] ?? 0, clickhouse.columns[row] ?? 0, raw[row] ?? 0)
  }
}
