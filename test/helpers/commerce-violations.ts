// The audits of the fixed commerce case that need PostgreSQL alone: what a test did must leave all of them held.
import type { Audit, AuditOutcome } from '../../src/core/audit.ts'
import { fixedAudits } from '../../src/workloads/commerce/audits/index.ts'
import type { CommerceCase } from './commerce-case.ts'

const NAMES = [
  'stock.ledger',
  'stock.oversold',
  'stock.pools',
  'ledger.orders',
  'reservations.expired',
  'orders.allocated',
  'orders.totals',
  'orders.states',
  'orders.keys',
  'orders.history',
  'partitions.default',
]

function named(name: string): Audit {
  const audit = fixedAudits.find((candidate) => candidate.name === name)
  if (audit === undefined) throw new Error(`no audit ${name}`)
  return audit
}

/** Runs one audit on the case's data, with a journal that holds nothing. */
function auditCase(
  { stores }: Pick<CommerceCase, 'stores'>,
  name: string,
  checkout: string = 'conditional',
): Promise<AuditOutcome> {
  return named(name).run({
    stores: { ...stores, elasticsearch: withoutStore, kafka: withoutStore },
    population: { seed: 1, size: 100 },
    choice: { checkout },
    journal: {
      async *entries() {
        // Nothing was witnessed.
      },
    },
    seed: 1,
    profile: 'steady',
  })
}

// The stores that are not started are asked for a view of themselves, and for nothing else.
const withoutStore = { withPrefix: () => undefined } as never

/** What is violated, with examples: empty when all audits hold. */
export async function violations(
  commerce: Pick<CommerceCase, 'stores'>,
  checkout: string,
): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of NAMES) {
    const { state, examples } = await auditCase(commerce, name, checkout)
    if (state === 'violated' || state === 'could not run') found.push(`${name}: ${examples.join('; ')}`)
  }
  return found
}
