import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/**
 * Every line is allocated whole, in the warehouses whose stock the ledger says was reserved for it: all lines or none. What a
 * saga took back (E-06) is no order's: an order that has it allocated is violated, since nothing is then reserved for it.
 */
export const ordersAllocated: Audit = commerceSqlAudit(
  { name: 'orders.allocated', claims: ['ECM-57', 'ECM-61', 'ECM-68'], defects: ['E-15', 'E-33'] },
  'fixed',
  `SELECT CASE WHEN i.quantity IS DISTINCT FROM a.units THEN
    format('line %s of order %s is of %s units, %s are allocated', i.line_number, i.order_id, i.quantity, a.units)
  END AS wrong
FROM order_items i LEFT JOIN (
  SELECT shard, order_id, line_number, sum(quantity) AS units FROM order_item_allocations GROUP BY 1, 2, 3) a
  USING (shard, order_id, line_number)
UNION ALL
SELECT CASE WHEN a.units IS DISTINCT FROM l.units THEN
    format('order %s has %s units of stock row %s, the ledger reserved %s', coalesce(a.order_id, l.order_id), a.units,
      coalesce(a.inventory_id, l.inventory_id), l.units)
  END
FROM (SELECT order_id, inventory_id, sum(quantity) AS units FROM order_item_allocations GROUP BY 1, 2) a
FULL JOIN (
  SELECT order_id, inventory_id, sum(delta_reserved) FILTER (WHERE transaction_type = 'reserve') AS units
  FROM inventory_transactions WHERE order_id IS NOT NULL
  GROUP BY 1, 2 HAVING bool_or(transaction_type = 'reserve') AND NOT bool_or(created_by = 'saga')) l
  USING (order_id, inventory_id)`,
)
