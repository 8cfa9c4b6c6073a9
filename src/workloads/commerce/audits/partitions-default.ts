import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/** Nothing fell into a DEFAULT partition: every category has its partition, and every month was made ahead. */
export const partitionsDefault: Audit = commerceSqlAudit(
  { name: 'partitions.default', claims: ['ECM-31', 'ECM-46', 'ECM-54'], defects: ['E-05', 'X-09'] },
  'fixed',
  `SELECT CASE WHEN strays > 0 THEN format('%s rows are in %s_default', strays, parent) END AS wrong
FROM (
  SELECT 'products' AS parent, count(*) AS strays FROM products_default
  UNION ALL SELECT 'orders', count(*) FROM orders_default
  UNION ALL SELECT 'order_items', count(*) FROM order_items_default
  UNION ALL SELECT 'order_item_allocations', count(*) FROM order_item_allocations_default
  UNION ALL SELECT 'inventory_transactions', count(*) FROM inventory_transactions_default) counted`,
)
