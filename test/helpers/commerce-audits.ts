// Runs the audits of the fixed commerce case in a test.
import type { JournalReader } from '../../src/core/journal.ts'
import type { Stores } from '../../src/core/store.ts'
import type { AuditOutcome } from '../../src/core/workload.ts'
import { fixedAudits } from '../../src/workloads/commerce/audits/index.ts'
import { journalOf } from './social-data.ts'

/** The audits that look at PostgreSQL alone, and need no journal. */
export const TABLE_AUDITS: readonly string[] = [
  'stock.ledger',
  'stock.oversold',
  'stock.pools',
  'ledger.orders',
  'reservations.expired',
  'orders.allocated',
  'orders.totals',
  'orders.states',
  'orders.keys',
  'partitions.default',
]

/** What an audit finds. */
export async function auditOf(
  name: string,
  stores: Stores,
  journal: JournalReader = journalOf([]),
): Promise<AuditOutcome> {
  const found = fixedAudits.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no audit is called ${name}`)
  return found.run({
    stores,
    population: { seed: 1, size: 100 },
    choice: { checkout: 'conditional' },
    journal,
    seed: 1,
    profile: 'steady',
  })
}

/** What those of `names` that do not hold have found, a line each. */
export async function violations(
  stores: Stores,
  names: readonly string[] = TABLE_AUDITS,
  journal?: JournalReader,
): Promise<string[]> {
  const lines: string[] = []
  for (const name of names) {
    const outcome = await auditOf(name, stores, journal)
    if (outcome.state !== 'held') lines.push(`${name} ${outcome.state}: ${outcome.examples.join('; ')}`)
  }
  return lines
}
