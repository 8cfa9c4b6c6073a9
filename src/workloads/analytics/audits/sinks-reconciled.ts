import type { Audit } from '../../../core/audit.ts'
import { addFindings, addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { NO_PARTITION } from '../seed/generate.ts'
import { analyticsStores } from '../stores.ts'
import type { AnalyticsStores } from '../stores.ts'
import { minutesOfPinot } from './pinot-minutes.ts'
import type { ComparedMinute } from './pinot-minutes.ts'
import { compareRows, minuteRows, pageRows } from './rollup-rows.ts'

/** Minutes that the rollups of the last hour still hold whole, whenever the server looks for what is too old. */
const KEPT_MINUTES = 50

const SINCE = "toStartOfMinute(now('UTC')) - INTERVAL {kept:UInt16} MINUTE"
/** Rows of the rollups, and events of the history, that are compared. */
const KEPT = `minute >= ${SINCE}`
const STORED = `event_time >= ${SINCE} AND kafka_partition != {none:UInt16}`
const PARAMETERS = { kept: KEPT_MINUTES, none: NO_PARTITION }

const COMPARED = `WITH
    hot AS (
        SELECT minute, sum(hot_minutes.events) AS events, groupBitXor(hot_minutes.checksum) AS checksum
        FROM hot_minutes WHERE ${KEPT} GROUP BY minute
    ),
    history AS (
        SELECT toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute, count() AS events, groupBitXor(cityHash64(event_id)) AS checksum
        FROM events WHERE ${STORED} GROUP BY minute
    )
SELECT
    toString(minute) AS minute,
    toFloat64(history.events) AS history_events,
    toFloat64(hot.events) AS hot_events,
    hot.checksum = history.checksum AS is_same
FROM hot FULL OUTER JOIN history USING (minute)
ORDER BY minute`

interface Minute {
  readonly minute: string
  readonly history_events: number
  readonly hot_events: number
  readonly is_same: number | boolean
}

async function minutesOfRollups({
  clickhouse,
}: Pick<AnalyticsStores, 'clickhouse'>): Promise<readonly ComparedMinute[]> {
  const { rows } = await clickhouse.query<Minute>(COMPARED, {
    parameters: PARAMETERS,
    settings: { max_execution_time: 300 },
  })
  return rows.map(({ minute, history_events: stored, hot_events: hot, is_same: isSame }) => ({
    minute,
    stored,
    hot,
    isSame: Boolean(isSame),
  }))
}

/** The rollups row by row, with what their minutes do not tell: averages, users and views of pages. */
async function compareRollups(
  { clickhouse }: Pick<AnalyticsStores, 'clickhouse'>,
  findings: Findings,
): Promise<void> {
  const rows = newFindings()
  await compareRows(clickhouse, minuteRows('hot_minutes', KEPT, STORED), rows, PARAMETERS)
  await compareRows(clickhouse, pageRows(KEPT, STORED), rows, PARAMETERS)
  addFindings(findings, { ...rows, checked: 0 })
}

/**
 * Two groups that read one topic hold the same events, minute by minute: by their number and by a checksum of their ids
 * . Where they do, each row of the rollups is what a count over the history's events gives. Minutes
 * that the rollups of the last hour no longer hold whole are left out. Of Pinot, which adds up alone, the checksum is a
 * sum of the first 32 bits of the ids, and there are no rollups.
 */
export const sinksReconciled: Audit = {
  name: 'sinks.reconciled',
  claims: ['ANA-13', 'ANA-15'],
  defects: ['A-04', 'A-13', 'A-22'],
  async run({ stores, choice }) {
    const own = analyticsStores(stores, 'fixed')
    const isPinot = choice['hot'] === 'pinot'
    const minutes = await (isPinot ? minutesOfPinot(own, KEPT_MINUTES) : minutesOfRollups(own))
    const findings = newFindings()
    let events = 0
    for (const { minute, stored, hot, isSame } of minutes) {
      findings.checked += 1
      events += stored
      if (stored !== hot)
        addViolation(
          findings,
          `minute ${minute}: ${stored} events stored, ${hot} in ${isPinot ? 'Pinot' : 'the rollup'}`,
        )
      else if (!isSame)
        addViolation(findings, `minute ${minute}: ${stored} events in both, not the same ones`)
    }
    if (!isPinot && findings.violations === 0) await compareRollups(own, findings)
    return outcomeOf(findings, `minutes, with ${events} events`)
  },
}
