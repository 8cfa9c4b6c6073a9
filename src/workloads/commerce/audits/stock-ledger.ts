import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/** Replaying the ledger gives every counter of every stock row, whose versions its rows count without a gap (ECM-94). */
export const stockLedger: Audit = commerceSqlAudit(
  { name: 'stock.ledger', claims: ['ECM-11', 'ECM-66', 'ECM-94'], defects: ['E-16', 'E-17'] },
  'fixed',
  `SELECT CASE
    WHEN i.inventory_id IS NULL THEN 'stock row ' || l.inventory_id || ' has a ledger and no row'
    WHEN l.inventory_id IS NULL THEN 'stock row ' || i.inventory_id || ' has no ledger'
    WHEN (i.quantity_available + i.quantity_pooled, i.quantity_reserved, i.quantity_sold) <> (l.available, l.reserved, l.sold) THEN
      format('stock row %s holds %s/%s/%s, its ledger gives %s/%s/%s', i.inventory_id, i.quantity_available + i.quantity_pooled,
        i.quantity_reserved, i.quantity_sold, l.available, l.reserved, l.sold)
    WHEN (l.first, l.last, l.changes) <> (1, i.version, i.version) THEN
      format('stock row %s changed %s times, its ledger tells of %s (%s to %s)', i.inventory_id, i.version, l.changes,
        l.first, l.last)
  END AS wrong
FROM inventory i FULL JOIN (
  SELECT inventory_id, sum(delta_available) AS available, sum(delta_reserved) AS reserved, sum(delta_sold) AS sold,
    min(inventory_version) AS first, max(inventory_version) AS last, count(DISTINCT inventory_version) AS changes
  FROM inventory_transactions GROUP BY inventory_id) l USING (inventory_id)`,
)
