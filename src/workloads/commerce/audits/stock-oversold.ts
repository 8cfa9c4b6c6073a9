import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/** No counter is below zero, at any moment of the ledger, and what came in is what is there: nothing was oversold. */
export const stockOversold: Audit = commerceSqlAudit(
  { name: 'stock.oversold', claims: ['ECM-09', 'ECM-35', 'ECM-39', 'ECM-66'], defects: ['E-09', 'E-27'] },
  'fixed',
  `SELECT CASE
    WHEN least(lowest_available, lowest_reserved, lowest_sold) < 0 THEN
      format('stock row %s went to %s/%s/%s', inventory_id, lowest_available, lowest_reserved, lowest_sold)
    WHEN held <> came_in THEN format('stock row %s got %s units and accounts for %s', inventory_id, came_in, held)
  END AS wrong
FROM (
  SELECT inventory_id, min(available) AS lowest_available, min(reserved) AS lowest_reserved, min(sold) AS lowest_sold,
    sum(moved) AS held, sum(came_in) AS came_in
  FROM (
    SELECT inventory_id, sum(delta_available) OVER row AS available, sum(delta_reserved) OVER row AS reserved,
      sum(delta_sold) OVER row AS sold, delta_available + delta_reserved + delta_sold AS moved,
      CASE WHEN order_id IS NULL THEN delta_available ELSE 0 END AS came_in
    FROM inventory_transactions
    WINDOW row AS (PARTITION BY inventory_id ORDER BY inventory_version)) changes
  GROUP BY inventory_id) rows`,
)
