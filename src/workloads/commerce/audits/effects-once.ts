import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/** Each order was confirmed, and each warehouse told what to send for it, exactly once; nobody else was. */
export const effectsOnce: Audit = commerceSqlAudit(
  { name: 'effects.once', claims: ['ECM-74'], defects: ['E-19', 'E-20'] },
  'fixed',
  `SELECT CASE
    WHEN c.order_id IS NULL THEN format('order %s was never confirmed', o.order_id)
    WHEN o.order_id IS NULL THEN format('order %s was confirmed and is not there', c.order_id)
  END AS wrong
FROM orders o FULL JOIN order_confirmations c USING (shard, order_id)
UNION ALL
SELECT CASE WHEN n.units IS DISTINCT FROM a.units THEN
    format('warehouse %s was told of %s units of order %s, %s are allocated', coalesce(n.warehouse_id, a.warehouse_id),
      n.units, coalesce(n.order_id, a.order_id), a.units)
  END
FROM warehouse_notices n FULL JOIN (
  SELECT shard, order_id, warehouse_id, sum(quantity) AS units FROM order_item_allocations GROUP BY 1, 2, 3) a
  USING (shard, order_id, warehouse_id)`,
)
