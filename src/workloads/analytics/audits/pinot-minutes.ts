import { NO_PARTITION } from '../seed/generate.ts'
import type { AnalyticsStores } from '../stores.ts'
import { HOT_EVENTS } from '../fixed/realtime/pinot/table.ts'

const MINUTE_MS = 60_000

/** A minute as both sinks hold it. */
export interface ComparedMinute {
  readonly minute: string
  readonly stored: number
  readonly hot: number
  /** Whether what both compute of the ids is the same. */
  readonly isSame: boolean
}

interface Sums {
  readonly minute: number | string
  readonly events: number
  /** Of the first 32 bits of the ids: as text, beyond what a double holds. */
  readonly heads: string
}

const STORED = `SELECT toUnixTimestamp(toStartOfMinute(toDateTime(event_time, 'UTC'))) * 1000 AS minute,
    toFloat64(count()) AS events,
    toString(sum(toUInt64(reinterpretAsUInt32(reverse(unhex(substring(toString(event_id), 1, 8))))))) AS heads
FROM events
WHERE event_time >= fromUnixTimestamp64Milli({since:Int64}) AND kafka_partition != {none:UInt16}
GROUP BY minute`

/** Each minute since `keptMinutes` ago as ClickHouse and Pinot hold it. @throws OperationFailure */
export async function minutesOfPinot(
  { clickhouse, pinot }: Pick<AnalyticsStores, 'clickhouse' | 'pinot'>,
  keptMinutes: number,
): Promise<readonly ComparedMinute[]> {
  if (pinot === undefined) throw new Error('hot=pinot without a Pinot')
  const now = Date.now()
  const since = now - (now % MINUTE_MS) - keptMinutes * MINUTE_MS
  const { rows: stored } = await clickhouse.query<Sums>(STORED, {
    parameters: { since, none: NO_PARTITION },
    settings: { max_execution_time: 300 },
  })
  const hot = await pinot.query<Sums>(
    `SELECT minute, COUNT(*) AS events, SUMPRECISION(id_head) AS heads FROM ${HOT_EVENTS.table} WHERE minute >= ${since} GROUP BY minute LIMIT 10000`,
  )
  const inHistory = new Map(stored.map((row) => [Number(row.minute), row]))
  const inPinot = new Map(hot.map((row) => [Number(row.minute), row]))
  const minutes = [...new Set([...inHistory.keys(), ...inPinot.keys()])].toSorted((one, other) => one - other)
  return minutes.map((minute) => ({
    minute: new Date(minute).toISOString().slice(0, 16).replace('T', ' '),
    stored: inHistory.get(minute)?.events ?? 0,
    hot: inPinot.get(minute)?.events ?? 0,
    isSame: inHistory.get(minute)?.heads === inPinot.get(minute)?.heads,
  }))
}
