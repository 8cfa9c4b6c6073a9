import type { Audit } from '../../../../core/audit.ts'
import { commerceSqlAudit } from '../commerce-audit.ts'

/** No counter is below zero, what came in is what is there, and no order put units into stock (E-27). */
export const stockOversoldAsWritten: Audit = commerceSqlAudit(
  { name: 'stock.oversold', claims: ['ECM-09', 'ECM-35', 'ECM-39', 'ECM-66'], defects: ['E-09', 'E-27'] },
  'as-written',
  `SELECT CASE
    WHEN least(i.quantity_available, i.quantity_reserved, i.quantity_sold) < 0 THEN
      format('stock row %s is at %s/%s/%s', i.inventory_id, i.quantity_available, i.quantity_reserved, i.quantity_sold)
    WHEN i.quantity_available + i.quantity_reserved + i.quantity_sold <> l.came_in THEN
      format('stock row %s got %s units and accounts for %s', i.inventory_id, l.came_in,
        i.quantity_available + i.quantity_reserved + i.quantity_sold)
    WHEN l.put_in > 0 THEN format('orders put %s units into stock row %s', l.put_in, i.inventory_id)
  END AS wrong
FROM inventory i JOIN (
  SELECT inventory_id, coalesce(sum(quantity_change) FILTER (WHERE transaction_type = 'restock'), 0) AS came_in,
    coalesce(sum(quantity_change) FILTER (WHERE transaction_type = 'reserve' AND quantity_change > 0), 0) AS put_in
  FROM inventory_transactions GROUP BY inventory_id) l USING (inventory_id)`,
)
