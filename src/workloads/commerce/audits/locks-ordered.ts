import type { VariantName } from '../../../core/names.ts'
import type { Audit } from '../../../core/audit.ts'
import { statementAudit } from '../../../patterns/audits/snapshot-audit.ts'
import { commerceStores } from '../stores.ts'

// The server counts from the making of the database, which every run clones anew.
const DEADLOCKS = `SELECT xact_commit + xact_rollback AS checked, deadlocks AS violations,
  CASE WHEN deadlocks > 0 THEN ARRAY[format('%s transactions were broken off, each after a second of waiting', deadlocks)]
    ELSE '{}'::text[] END AS examples
FROM pg_stat_database WHERE datname = current_database()`

function locksAudit(variant: VariantName): Audit {
  const title = { name: 'locks.ordered', claims: ['ECM-61', 'ECM-64'], defects: ['E-08'] }
  return statementAudit(title, ({ stores }) => commerceStores(stores, variant).postgres, DEADLOCKS)
}

/** All transactions lock in one order: the server never had to break off one that waited for another that waited for it. */
export const locksOrdered: Audit = locksAudit('fixed')

/** The same of the text's transactions, which lock in the order of their carts. */
export const locksOrderedAsWritten: Audit = locksAudit('as-written')
