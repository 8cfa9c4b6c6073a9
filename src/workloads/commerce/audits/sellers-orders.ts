import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/** The read model of sellers' orders is what a scan of all shards would give. */
export const sellersOrders: Audit = commerceSqlAudit(
  { name: 'sellers.orders', claims: ['ECM-60'], defects: ['E-45'] },
  'fixed',
  `SELECT CASE
    WHEN s.order_id IS NULL THEN format('seller %s does not see order %s', i.seller_id, i.order_id)
    WHEN i.order_id IS NULL THEN format('seller %s sees order %s, which is not there', s.seller_id, s.order_id)
    WHEN (s.units, s.subtotal_minor, s.status) IS DISTINCT FROM (i.units, i.subtotal, i.status) THEN
      format('seller %s sees order %s as %s units, %s, %s; it is %s, %s, %s', s.seller_id, s.order_id, s.units,
        s.subtotal_minor, s.status, i.units, i.subtotal, i.status)
  END AS wrong
FROM seller_orders s FULL JOIN (
  SELECT i.seller_id, i.order_id, sum(i.quantity)::integer AS units, sum(i.subtotal_minor)::bigint AS subtotal, o.status
  FROM order_items i JOIN orders o USING (shard, order_id) GROUP BY 1, 2, 5) i USING (seller_id, order_id)`,
)
