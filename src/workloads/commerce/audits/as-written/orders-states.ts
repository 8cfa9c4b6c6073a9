import type { Audit } from '../../../../core/audit.ts'
import { commerceSqlAudit } from '../commerce-audit.ts'

/**
 * The status of an order, its payment, its items and the stock that it bought say the same thing. The text's tables know
 * no payments, so that an order's own word is taken for them (E-14, E-32).
 */
export const ordersStatesAsWritten: Audit = commerceSqlAudit(
  { name: 'orders.states', claims: ['ECM-51', 'ECM-52', 'ECM-58', 'ECM-78'], defects: ['E-14', 'E-32'] },
  'as-written',
  `SELECT CASE
    WHEN o.status IN ('confirmed', 'shipped', 'delivered') AND o.payment_status = 'pending' THEN
      format('order %s is %s and unpaid', o.order_id, o.status)
    WHEN o.payment_status = 'refunded' AND o.status <> 'cancelled' AND i.kept THEN
      format('order %s is refunded and %s', o.order_id, o.status)
    WHEN i.statuses <> CASE o.status WHEN 'shipped' THEN ARRAY['shipped'] WHEN 'delivered' THEN ARRAY['delivered']
        ELSE ARRAY['pending'] END THEN format('order %s is %s, its items %s', o.order_id, o.status, i.statuses)
  END AS wrong
FROM orders o JOIN (
  SELECT order_id, bool_or(status <> 'returned') AS kept,
    array_agg(DISTINCT CASE status WHEN 'returned' THEN 'delivered' ELSE status END::text) AS statuses
  FROM order_items GROUP BY 1) i USING (order_id)
UNION ALL
SELECT CASE WHEN s.quantity_sold <> b.units THEN
    format('stock row %s has sold %s units, paid orders have %s of them', s.inventory_id, s.quantity_sold, b.units)
  END
FROM inventory s JOIN (
  SELECT i.product_id, i.warehouse_id, sum(i.quantity) AS units FROM order_items i JOIN orders o USING (order_id)
  WHERE o.status IN ('confirmed', 'shipped', 'delivered') AND i.status <> 'returned' GROUP BY 1, 2) b
  USING (product_id, warehouse_id)`,
)
