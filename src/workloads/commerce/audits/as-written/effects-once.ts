import type { Audit } from '../../../../core/audit.ts'
import { commerceSqlAudit } from '../commerce-audit.ts'

/** Each order was confirmed, and each warehouse told what to send for it, exactly once; nobody else was (E-19). */
export const effectsOnceAsWritten: Audit = commerceSqlAudit(
  { name: 'effects.once', claims: ['ECM-74'], defects: ['E-19', 'E-20'] },
  'as-written',
  `SELECT CASE
    WHEN o.order_id IS NULL THEN format('order %s was confirmed and is not there', c.order_id)
    WHEN c.times IS DISTINCT FROM 1 THEN format('order %s was confirmed %s times', o.order_id, coalesce(c.times, 0))
  END AS wrong
FROM orders o FULL JOIN (SELECT order_id, count(*) AS times FROM order_confirmations GROUP BY 1) c USING (order_id)
UNION ALL
SELECT CASE WHEN n.units IS DISTINCT FROM i.units THEN
    format('warehouse %s was told of %s units of order %s, which has %s there', coalesce(n.warehouse_id, i.warehouse_id),
      n.units, coalesce(n.order_id, i.order_id), i.units)
  END
FROM (SELECT order_id, warehouse_id, sum(units) AS units FROM warehouse_notices GROUP BY 1, 2) n
FULL JOIN (SELECT order_id, warehouse_id, sum(quantity) AS units FROM order_items GROUP BY 1, 2) i
  USING (order_id, warehouse_id)`,
)
