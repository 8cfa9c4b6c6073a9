import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/** The status of an order, its payments, its items and what it holds of stock say the same thing: only legal moves led there. */
export const ordersStates: Audit = commerceSqlAudit(
  { name: 'orders.states', claims: ['ECM-51', 'ECM-52', 'ECM-58', 'ECM-78'], defects: ['E-14', 'E-32'] },
  'fixed',
  `SELECT CASE
    WHEN (o.payment_status = 'pending') = p.captured THEN
      format('order %s is %s, and captured is %s', o.order_id, o.payment_status, p.captured)
    WHEN (o.payment_status = 'refunded') <> p.refunded THEN
      format('order %s is %s, and refunded is %s', o.order_id, o.payment_status, p.refunded)
    WHEN p.wrong_amount THEN format('a payment of order %s is not its total', o.order_id)
    WHEN o.status IN ('confirmed', 'shipped', 'delivered') AND o.payment_status = 'pending' THEN
      format('order %s is %s and unpaid', o.order_id, o.status)
    WHEN i.statuses <> CASE o.status WHEN 'shipped' THEN ARRAY['shipped'] WHEN 'delivered' THEN ARRAY['delivered']
        ELSE ARRAY['pending'] END THEN format('order %s is %s, its items %s', o.order_id, o.status, i.statuses)
    WHEN s.reserved IS DISTINCT FROM CASE WHEN o.status = 'pending' THEN i.units ELSE 0 END THEN
      format('order %s is %s and holds %s reserved units', o.order_id, o.status, s.reserved)
    WHEN s.sold IS DISTINCT FROM CASE WHEN o.status IN ('confirmed', 'shipped', 'delivered') THEN i.units - i.returned ELSE 0 END THEN
      format('order %s is %s and has bought %s units', o.order_id, o.status, s.sold)
  END AS wrong
FROM orders o
CROSS JOIN LATERAL (
  SELECT coalesce(bool_or(kind = 'capture'), false) AS captured, coalesce(bool_or(kind = 'refund'), false) AS refunded,
    coalesce(bool_or(amount_minor <> o.total_minor OR currency <> o.currency), false) AS wrong_amount
  FROM payments WHERE shard = o.shard AND order_id = o.order_id) p
JOIN (
  SELECT shard, order_id, sum(quantity) AS units, coalesce(sum(quantity) FILTER (WHERE status = 'returned'), 0) AS returned,
    array_agg(DISTINCT CASE status WHEN 'returned' THEN 'delivered' ELSE status END::text) AS statuses
  FROM order_items GROUP BY 1, 2) i USING (shard, order_id)
LEFT JOIN (
  SELECT order_id, sum(delta_reserved) AS reserved, sum(delta_sold) AS sold
  FROM inventory_transactions WHERE order_id IS NOT NULL GROUP BY 1) s USING (order_id)`,
)
