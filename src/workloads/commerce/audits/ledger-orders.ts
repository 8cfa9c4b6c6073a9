import type { Audit } from '../../../core/audit.ts'
import { commerceSqlAudit } from './commerce-audit.ts'

/**
 * Whatever an order moved names the order, and the order is there: no reservation belongs to nobody. One exception: an order
 * that `checkout=saga` abandoned before it came into being (E-06). Its rows are reserve rows, and for each stock row as many
 * units in release rows that the saga itself wrote; nothing else.
 */
export const ledgerOrders: Audit = commerceSqlAudit(
  { name: 'ledger.orders', claims: ['ECM-44', 'ECM-67'], defects: ['E-06', 'E-16'] },
  'fixed',
  `SELECT CASE
    WHEN l.order_id IS NULL AND l.transaction_type <> 'restock' THEN
      format('ledger row %s (%s) names no order', l.transaction_id, l.transaction_type)
    WHEN l.order_id IS NOT NULL AND o.order_id IS NULL AND NOT EXISTS (
      SELECT FROM inventory_transactions a WHERE a.order_id = l.order_id AND a.inventory_id = l.inventory_id
      HAVING sum(a.delta_reserved) = 0 AND bool_and(
        a.transaction_type = 'reserve' OR a.transaction_type = 'release' AND a.created_by = 'saga')) THEN
      format('ledger row %s (%s) names order %s, which is not there', l.transaction_id, l.transaction_type, l.order_id)
  END AS wrong
FROM inventory_transactions l LEFT JOIN orders o ON o.shard = shard_of(l.order_id) AND o.order_id = l.order_id
WHERE l.order_id IS NOT NULL OR l.transaction_type <> 'restock'`,
)
