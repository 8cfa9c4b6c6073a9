import type { Audit } from '../../../../core/audit.ts'
import { commerceSqlAudit } from '../commerce-audit.ts'

/**
 * Replaying the text's ledger gives the counters of every stock row, if what is reserved is read as moved from available
 * (E-17): a row says by how much something changed, and not what.
 */
export const stockLedgerAsWritten: Audit = commerceSqlAudit(
  { name: 'stock.ledger', claims: ['ECM-11', 'ECM-66', 'ECM-94'], defects: ['E-16', 'E-17'] },
  'as-written',
  `SELECT CASE
    WHEN i.inventory_id IS NULL THEN 'stock row ' || l.inventory_id || ' has a ledger and no row'
    WHEN l.inventory_id IS NULL THEN 'stock row ' || i.inventory_id || ' has no ledger'
    WHEN (i.quantity_available, i.quantity_reserved, i.quantity_sold) <> (l.available, l.reserved, 0) THEN
      format('stock row %s holds %s/%s/%s, its ledger gives %s/%s/0', i.inventory_id, i.quantity_available,
        i.quantity_reserved, i.quantity_sold, l.available, l.reserved)
  END AS wrong
FROM inventory i FULL JOIN (
  SELECT inventory_id, sum(quantity_change) AS available,
    coalesce(-sum(quantity_change) FILTER (WHERE transaction_type = 'reserve'), 0) AS reserved
  FROM inventory_transactions GROUP BY inventory_id) l USING (inventory_id)`,
)
