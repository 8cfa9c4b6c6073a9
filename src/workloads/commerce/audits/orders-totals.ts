import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/** The items of an order add up to its subtotal, and tax and shipping to the region of its address, to the minor unit. */
export const ordersTotals: Audit = commerceSqlAudit(
  { name: 'orders.totals', claims: ['ECM-70', 'ECM-72'], defects: ['E-23', 'E-26', 'E-48'] },
  'fixed',
  `SELECT CASE
    WHEN i.subtotal IS DISTINCT FROM o.subtotal_minor THEN
      format('the items of order %s come to %s, its subtotal is %s', o.order_id, i.subtotal, o.subtotal_minor)
    WHEN o.total_minor <> o.subtotal_minor - o.discount_minor + o.tax_minor + o.shipping_minor THEN
      format('the total of order %s is %s', o.order_id, o.total_minor)
    WHEN o.tax_minor <> div(o.subtotal_minor::numeric * r.tax_basis_points + 5000, 10000) THEN
      format('the tax of order %s is %s', o.order_id, o.tax_minor)
    WHEN o.shipping_minor <> r.shipping_minor + r.shipping_unit_minor * i.units THEN
      format('the shipping of order %s is %s', o.order_id, o.shipping_minor)
  END AS wrong
FROM orders o
LEFT JOIN (
  SELECT shard, order_id, sum(subtotal_minor) AS subtotal, sum(quantity) AS units FROM order_items GROUP BY 1, 2) i
  USING (shard, order_id)
LEFT JOIN addresses a ON a.shard = o.shard AND a.address_id = o.shipping_address_id
LEFT JOIN regions r ON r.region = a.region`,
)
