import type { ClickHouseClient, ClickHouseValue } from '../../../stores/clickhouse/client.ts'
import { addViolation } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'

/** A whole table is read for it. */
const LONGEST_SECONDS = 300

interface Compared {
  readonly compared: number
  readonly different: number
  readonly lines: readonly string[]
}

/** What a rollup keeps beside what a count over all events gives. */
interface Comparison {
  /** SELECTs of the same keys. */
  readonly kept: string
  readonly counted: string
  readonly keys: string
  readonly isDifferent: string
  /** How a row that differs is told. */
  readonly line: string
}

function textOf({ kept, counted, keys, isDifferent, line }: Comparison): string {
  return `WITH kept AS (${kept} GROUP BY ${keys}), counted AS (${counted} GROUP BY ${keys})
SELECT
    toUInt32(count()) AS compared,
    toUInt32(countIf(is_different)) AS different,
    groupArrayIf(10)(line, is_different) AS lines
FROM
(
    SELECT ${isDifferent} AS is_different, concat(toString(minute), ' ', ${line}) AS line
    FROM kept FULL OUTER JOIN counted USING (${keys})
)`
}

const MINUTE = "toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute"
const PLACE = 'event_type, country, device_type'

/**
 * The text of a comparison of a rollup by minute, type, country and device with a count over all events: number, average
 * and users. `rollup` and `events` say which rows of either are compared.
 */
export function minuteRows(table: 'events_by_minute' | 'hot_minutes', rollup = '1', events = '1'): string {
  return textOf({
    kept: `SELECT minute, ${PLACE}, sum(${table}.events) AS events, avgMerge(${table}.duration) AS duration, uniqMerge(${table}.users) AS users FROM ${table} WHERE ${rollup}`,
    counted: `SELECT ${MINUTE}, ${PLACE}, count() AS events, avg(duration_ms) AS duration, uniq(user_id) AS users FROM events WHERE ${events}`,
    keys: `minute, ${PLACE}`,
    isDifferent:
      'kept.events != counted.events OR kept.duration != counted.duration OR kept.users != counted.users',
    line: "event_type, ' ', country, ' ', device_type, ': ', toString(kept.events), ' events of ', toString(kept.users), ' users kept, ', toString(counted.events), ' of ', toString(counted.users), ' counted'",
  })
}

/** The same of views by minute and page. */
export function pageRows(rollup: string, events: string): string {
  return textOf({
    kept: `SELECT minute, page_url, sum(hot_pages.views) AS views FROM hot_pages WHERE ${rollup}`,
    counted: `SELECT ${MINUTE}, page_url, count() AS views FROM events WHERE event_type = 'pageview' AND ${events}`,
    keys: 'minute, page_url',
    isDifferent: 'kept.views != counted.views',
    line: "page_url, ': ', toString(kept.views), ' views kept, ', toString(counted.views), ' counted'",
  })
}

/** Adds to `findings` the rows that a comparison found different. @throws OperationFailure */
export async function compareRows(
  clickhouse: ClickHouseClient,
  text: string,
  findings: Findings,
  parameters: Readonly<Record<string, ClickHouseValue>> = {},
): Promise<void> {
  const { rows } = await clickhouse.query<Compared>(text, {
    parameters,
    settings: { max_execution_time: LONGEST_SECONDS },
  })
  for (const { compared, lines, different } of rows) {
    findings.checked += compared
    for (const line of lines) addViolation(findings, line)
    findings.violations += different - lines.length
  }
}
