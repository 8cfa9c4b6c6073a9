import type { Audit } from '../../../../core/audit.ts'
import { commerceSqlAudit } from '../commerce-audit.ts'

/** The items of an order add up to its subtotal, and tax and shipping to the region of its address, to the cent (E-23). */
export const ordersTotalsAsWritten: Audit = commerceSqlAudit(
  { name: 'orders.totals', claims: ['ECM-70', 'ECM-72'], defects: ['E-23', 'E-26', 'E-48'] },
  'as-written',
  `SELECT CASE
    WHEN i.subtotal IS DISTINCT FROM o.subtotal THEN
      format('the items of order %s come to %s, its subtotal is %s', o.order_id, i.subtotal, o.subtotal)
    WHEN o.total <> o.subtotal - o.discount + o.tax + o.shipping_cost THEN
      format('the total of order %s is %s', o.order_id, o.total)
    WHEN o.tax <> round(o.subtotal * r.tax_rate, 2) THEN format('the tax of order %s is %s', o.order_id, o.tax)
    WHEN o.shipping_cost <> r.shipping + r.shipping_unit * i.units THEN
      format('the shipping of order %s is %s', o.order_id, o.shipping_cost)
  END AS wrong
FROM orders o
LEFT JOIN (SELECT order_id, sum(subtotal) AS subtotal, sum(quantity) AS units FROM order_items GROUP BY 1) i
  USING (order_id)
LEFT JOIN addresses a ON a.address_id = o.shipping_address_id
LEFT JOIN regions r USING (region)`,
)
