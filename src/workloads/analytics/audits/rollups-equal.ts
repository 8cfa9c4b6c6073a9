import type { Audit } from '../../../core/audit.ts'
import { newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { analyticsStores } from '../stores.ts'
import { compareRows, minuteRows } from './rollup-rows.ts'

/** The rollup that the views keep is what a count over all events gives: number, average and users of each minute. */
export const rollupsEqual: Audit = {
  name: 'rollups.equal',
  claims: ['ANA-04', 'ANA-14'],
  defects: ['A-04', 'A-22'],
  async run({ stores }) {
    const { clickhouse } = analyticsStores(stores, 'fixed')
    const findings = newFindings()
    await compareRows(clickhouse, minuteRows('events_by_minute'), findings)
    return outcomeOf(findings)
  },
}
