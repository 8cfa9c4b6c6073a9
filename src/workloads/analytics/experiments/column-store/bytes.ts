import type { Named, Pattern, Readings } from '../../../../core/experiment.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import { bytesOfRow, isAlike, ofTextColumns, TEXT_COLUMNS, TOTALS } from '../sizes.ts'
import type { RowSize } from '../sizes.ts'

/** What the same rows take in either store. */
export interface Sizes {
  readonly raw: RowSize['columns']
  readonly postgres: RowSize
  readonly clickhouse: RowSize
}

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

/** The figures of one row. */
export function bytesOf(row: string, { raw, postgres, clickhouse }: Sizes): Readings {
  const [one, other] = [bytesOfRow(row, postgres), bytesOfRow(row, clickhouse)]
  const values = row === TOTALS.columns ? ofTextColumns({ columns: raw }) : raw[row]
  return {
    postgres: one,
    clickhouse: other,
    ...(isAlike(row) ? { ratio: one / other } : {}),
    ...(values === undefined ? {} : { raw: values }),
    ...(values === undefined ? {} : { rawRatio: values / other }),
  }
}
