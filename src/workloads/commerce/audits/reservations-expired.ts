import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/** Reservations that hold something are those of pending orders, equal to their ledger, and none has been expired for more than a minute. */
export const reservationsExpired: Audit = commerceSqlAudit(
  { name: 'reservations.expired', claims: ['ECM-38'], defects: ['E-12', 'E-13'] },
  'fixed',
  `SELECT CASE
    WHEN r.expired THEN format('a reservation of order %s expired more than a minute ago', r.order_id)
    WHEN r.units IS DISTINCT FROM l.units THEN
      format('order %s has %s units reserved, its ledger says %s', coalesce(r.order_id, l.order_id), r.units, l.units)
  END AS wrong
FROM (
  SELECT order_id, sum(quantity) AS units, bool_or(expires_at < clock_timestamp() - interval '1 minute') AS expired
  FROM reservations WHERE state IN ('held', 'open') GROUP BY 1) r
FULL JOIN (
  SELECT order_id, sum(delta_reserved) AS units FROM inventory_transactions WHERE order_id IS NOT NULL
  GROUP BY 1 HAVING sum(delta_reserved) <> 0) l USING (order_id)`,
)
