import type { VariantName } from '../../../core/names.ts'
import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { analyticsStores } from '../stores.ts'

const ADDRESSES = `SELECT toFloat64(count()) AS events, toFloat64(countIf(match(page_url, '[?#]') OR match(referrer, '[?#]'))) AS queries,
    toFloat64(uniqExact(page_url)) AS addresses, toFloat64(uniqExact(cutFragment(cutQueryString(page_url)))) AS pages
FROM events`

/**
 * What is kept of an address is the page and nothing that says who somebody is, so that there are as many addresses
 * as pages, whatever is sent.
 */
export function addressesBare(variant: VariantName): Audit {
  return {
    name: 'addresses.bare',
    claims: ['ANA-16'],
    defects: ['A-17', 'A-19'],
    async run({ stores }) {
      const { clickhouse } = analyticsStores(stores, variant)
      const { rows } = await clickhouse.query<Record<'events' | 'queries' | 'addresses' | 'pages', number>>(
        ADDRESSES,
        { settings: { max_execution_time: 300 } },
      )
      const { events = 0, queries = 0, addresses = 0, pages = 0 } = rows[0] ?? {}
      const findings = newFindings()
      findings.checked = events
      if (queries > 0)
        addViolation(findings, `${queries} events are stored with what names a user or a click`)
      findings.violations = queries
      return outcomeOf(findings, `${addresses} addresses of ${pages} pages`)
    },
  }
}
