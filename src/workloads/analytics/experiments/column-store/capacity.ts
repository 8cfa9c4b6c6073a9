import type { Named, Pattern, Readings } from '../../../../core/experiment.ts'
import { assumed, documented, perSecond } from '../../../../core/model.ts'
import type { Quantity } from '../../../../core/model.ts'
import { peakEvents, rates } from '../../model.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import type { Sizes } from './bytes.ts'

const DAY_SECONDS = 86_400
const TERABYTE = 1e12
/** What is kept (ANA-02). */
const HISTORY: Quantity = documented(100, 'TB', 'ANA-02')
/** What the text's 100 TB are, if they are counted before they are compressed. */
const RAW_BYTES: Quantity = assumed(500, 'bytes an event', 'as it comes, ANA-02: 100 TB are then 200B events')
const DISK = assumed(8, 'TB a disk', 'a common size of NVMe disks')
const FILLED = assumed(0.7, 'of a disk', 'merges and vacuums need room beside what they rewrite')
const COPIES = assumed(2, 'copies', 'a disk that dies loses nothing')

/** What a history takes, and how long it lasts. */
export interface Capacity {
  readonly bytes: number
  /** Rows that 100 TB hold. */
  readonly rows: number
  /** Until 100 TB are full, at the mean rate (ANA-01) and at the target of ingestion (ANA-07). */
  readonly meanDays: number
  readonly peakDays: number
  /** Of 200 billion events, one copy. */
  readonly terabytes: number
  /** For all copies of 200 billion events. */
  readonly disks: number
}

/** The capacity model of 100 TB: pure arithmetic on the bytes of a row. */
export function capacityOf(bytes: number): Capacity {
  const rows = (HISTORY.value * TERABYTE) / bytes
  const events = (HISTORY.value * TERABYTE) / RAW_BYTES.value
  const terabytes = (events * bytes) / TERABYTE
  return {
    bytes,
    rows,
    meanDays: rows / perSecond(rates['events.send']) / DAY_SECONDS,
    peakDays: rows / perSecond(peakEvents) / DAY_SECONDS,
    terabytes,
    disks: Math.ceil((terabytes * COPIES.value) / (DISK.value * FILLED.value)),
  }
}

const BYTES: Readonly<Record<string, (sizes: Sizes) => number>> = {
  raw: () => RAW_BYTES.value,
  heap: ({ postgres }) => postgres.all - postgres.indexes,
  postgres: ({ postgres }) => postgres.all,
  clickhouse: ({ clickhouse }) => clickhouse.all,
}
const ROWS: readonly Named[] = [
  { name: 'raw', description: `assumed: ${RAW_BYTES.value} bytes an event, as it comes` },
  { name: 'heap', description: 'PostgreSQL without indexes' },
  { name: 'postgres', description: 'PostgreSQL with its four indexes' },
  { name: 'clickhouse', description: 'ClickHouse, all of what its disk holds' },
]

/** 100 TB from the measured bytes of a row. */
export const capacityPattern: Pattern = {
  name: 'capacity',
  description: `100 TB (ANA-02) from the bytes of a row: how many rows they hold, for how many days of 11,574 (ANA-01) and of 100,000 events a second (ANA-07); and what 200B events take: TB, and disks (assumed: ${DISK.value} TB each, ${FILLED.value * 100} % full, ${COPIES.value} copies)`,
  rows: ROWS,
  columns: [
    column('bytes', 'B/row', 'rate', 0),
    column('rows', 'rows', 'rate', 1),
    column('meanDays', 'days 11.6K/s', 'rate', 0),
    column('peakDays', 'days 100K/s', 'rate', 0),
    column('terabytes', 'TB of 200B', 'rate', 0),
    column('disks', 'disks', 'count', 0),
  ],
  once: true,
}

/** The figures of one row. @throws RangeError for a row that is none */
export function capacityReadings(row: string, sizes: Sizes): Readings {
  const bytes = BYTES[row]
  if (bytes === undefined) throw new RangeError(`no row ${row}`)
  return { ...capacityOf(bytes(sizes)) }
}
