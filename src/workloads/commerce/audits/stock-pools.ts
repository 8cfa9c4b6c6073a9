import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/**
 * The pool of each stock row is its unit rows: nothing that was taken is still to be counted, and no pool exceeds its cap
 * (E-43). Stock rows whose product is not hot have no pool.
 */
export const stockPools: Audit = commerceSqlAudit(
  { name: 'stock.pools', claims: ['ECM-39'], defects: ['E-43'] },
  'fixed',
  `SELECT CASE
    WHEN coalesce(t.units, 0) > 0 THEN
      format('%s units that were taken from the pool of stock row %s have not been counted', t.units, t.inventory_id)
    WHEN i.inventory_id IS NULL THEN format('stock row %s has a pool and is not there', u.inventory_id)
    WHEN i.quantity_pooled <> coalesce(u.units, 0) THEN
      format('stock row %s has %s units in its pool, and %s unit rows', i.inventory_id, i.quantity_pooled, u.units)
    WHEN i.quantity_pooled > pool_cap() THEN
      format('the pool of stock row %s has %s units', i.inventory_id, i.quantity_pooled)
    WHEN i.quantity_pooled > 0 AND h.inventory_id IS NULL THEN
      format('stock row %s has a pool, and its product is not hot', i.inventory_id)
  END AS wrong
FROM inventory i
FULL JOIN (SELECT inventory_id, count(*) AS units FROM stock_units GROUP BY 1) u USING (inventory_id)
FULL JOIN (SELECT inventory_id, sum(quantity) AS units FROM unit_takings GROUP BY 1) t USING (inventory_id)
LEFT JOIN hot_stock h ON h.product_id = i.product_id AND h.inventory_id = i.inventory_id`,
)
