import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { analyticsStores } from '../stores.ts'

const COMPARED = `WITH
    kept AS (
        SELECT minute, event_type, country, device_type, sum(events) AS events, avgMerge(duration) AS duration, uniqMerge(users) AS users
        FROM events_by_minute GROUP BY minute, event_type, country, device_type
    ),
    counted AS (
        SELECT toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute, event_type, country, device_type, count() AS events, avg(duration_ms) AS duration, uniq(user_id) AS users
        FROM events GROUP BY minute, event_type, country, device_type
    )
SELECT
    toUInt32(count()) AS compared,
    toUInt32(countIf(is_different)) AS different,
    groupArrayIf(10)(line, is_different) AS lines
FROM
(
    SELECT
        kept.events != counted.events OR kept.duration != counted.duration OR kept.users != counted.users AS is_different,
        concat(toString(minute), ' ', event_type, ' ', country, ' ', device_type, ': ', toString(kept.events), ' events kept, ', toString(counted.events), ' counted') AS line
    FROM kept FULL OUTER JOIN counted USING (minute, event_type, country, device_type)
)`

interface Compared {
  readonly compared: number
  readonly different: number
  readonly lines: readonly string[]
}

/** The rollup that the views keep is what a count over all events gives: number, average and users of each minute. */
export const rollupsEqual: Audit = {
  name: 'rollups.equal',
  claims: ['ANA-04', 'ANA-14'],
  defects: ['A-04', 'A-22'],
  async run({ stores }) {
    const { clickhouse } = analyticsStores(stores, 'fixed')
    const { rows } = await clickhouse.query<Compared>(COMPARED, { settings: { max_execution_time: 300 } })
    const findings = newFindings()
    for (const { compared, lines, different } of rows) {
      findings.checked += compared
      for (const line of lines) addViolation(findings, line)
      findings.violations += different - lines.length
    }
    return outcomeOf(findings)
  },
}
