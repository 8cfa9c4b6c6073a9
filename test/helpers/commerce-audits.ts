// Runs the audits of the fixed commerce case in a test.
import type { JournalReader } from '../../src/core/journal.ts'
import type { Stores } from '../../src/core/store.ts'
import type { AuditOutcome } from '../../src/core/audit.ts'
import type { Population } from '../../src/core/population.ts'
import { fixedAudits } from '../../src/workloads/commerce/audits/index.ts'
import type { PostgresClient, PostgresQueries } from '../../src/stores/postgres/client.ts'
import { commerceStores } from '../../src/workloads/commerce/stores.ts'
import { journalOf } from './social-data.ts'

/** The audits that look at PostgreSQL alone, and need no journal. */
const TABLE_AUDITS: readonly string[] = [
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

/** The audits that look at the search index. */
export const SEARCH_AUDITS: readonly string[] = ['search.equal', 'search.relevance']

/** What an audit finds. */
export async function auditOf(
  name: string,
  stores: Stores,
  journal: JournalReader = journalOf([]),
  population: Population = { seed: 1, size: 100 },
): Promise<AuditOutcome> {
  const found = fixedAudits.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no audit is called ${name}`)
  return found.run({
    stores,
    population,
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

/**
 * Runs `work` with stores whose PostgreSQL is one open transaction of the case's database, and takes it all back: what it
 * damages nobody else sees, and its audits do.
 */
export async function rolledBack(
  stores: Stores,
  work: (stores: Stores, queries: PostgresQueries) => Promise<void>,
): Promise<void> {
  const { postgres } = commerceStores(stores, 'fixed')
  const done = new Error('taken back')
  const taken = postgres.transaction(async (queries) => {
    const inside: PostgresClient = {
      ...postgres,
      ...queries,
      transaction: (audit) => audit(queries),
      withDatabase: () => inside,
    }
    await work({ ...stores, postgres: inside }, queries)
    throw done
  })
  await taken.catch((error: unknown) => {
    if (error !== done) throw error
  })
}
