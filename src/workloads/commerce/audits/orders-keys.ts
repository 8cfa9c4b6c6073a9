import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/**
 * One order a key, with the answer that the key repeats; and each order has its key and a number of its own. The key of an
 * order that is a day old may have been forgotten.
 */
export const ordersKeys: Audit = commerceSqlAudit(
  { name: 'orders.keys', claims: ['ECM-50', 'ECM-62', 'ECM-75'], defects: ['E-04', 'E-20', 'E-21'] },
  'fixed',
  `SELECT CASE
    WHEN o.order_id IS NULL THEN format('key %s of %s names order %s, which is not there', k.key, k.customer_id, k.order_id)
    WHEN k.order_id IS NULL AND time_of(o.order_id) > clock_timestamp() - key_life() THEN
      format('order %s belongs to no key', o.order_id)
    WHEN k.state <> 'done' THEN format('key %s of %s is still %s', k.key, k.customer_id, k.state)
    WHEN (k.customer_id, k.total_minor, k.currency) <> (o.customer_id, o.total_minor, o.currency) THEN
      format('key %s of %s answers another order than %s', k.key, k.customer_id, o.order_id)
    WHEN k.of_order > 1 THEN format('order %s belongs to %s keys', o.order_id, k.of_order)
    WHEN o.of_number > 1 THEN format('%s orders have the number %s', o.of_number, o.order_number)
  END AS wrong
FROM (SELECT *, count(*) OVER (PARTITION BY order_number) AS of_number FROM orders) o
FULL JOIN (SELECT *, count(*) OVER (PARTITION BY order_id) AS of_order FROM idempotency_keys) k USING (shard, order_id)`,
)
