import type { Audit } from '../../../../core/audit.ts'
import { commerceSqlAudit } from '../commerce-audit.ts'

/**
 * What is reserved comes free some day: of the text's orders those that nobody paid, and those that were cancelled, hold
 * their units with nothing that says until when, and nothing that gives them back (E-13).
 */
export const reservationsExpiredAsWritten: Audit = commerceSqlAudit(
  { name: 'reservations.expired', claims: ['ECM-38'], defects: ['E-12', 'E-13'] },
  'as-written',
  `SELECT CASE WHEN o.status IN ('pending', 'cancelled') THEN
    format('order %s is %s and holds %s units, nothing says until when', o.order_id, o.status, i.units) END AS wrong
FROM orders o JOIN (SELECT order_id, sum(quantity) AS units FROM order_items GROUP BY 1) i USING (order_id)`,
)
