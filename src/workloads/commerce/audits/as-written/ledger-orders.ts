import type { Audit } from '../../../../core/audit.ts'
import { commerceSqlAudit } from '../commerce-audit.ts'

/** Whatever an order moved names the order, and the order is there; the text's reservations name none (E-16). */
export const ledgerOrdersAsWritten: Audit = commerceSqlAudit(
  { name: 'ledger.orders', claims: ['ECM-44', 'ECM-67'], defects: ['E-16'] },
  'as-written',
  `SELECT CASE
    WHEN l.order_id IS NULL THEN format('ledger row %s (%s) names no order', l.transaction_id, l.transaction_type)
    WHEN o.order_id IS NULL THEN
      format('ledger row %s (%s) names order %s, which is not there', l.transaction_id, l.transaction_type, l.order_id)
  END AS wrong
FROM inventory_transactions l LEFT JOIN orders o USING (order_id)
WHERE l.order_id IS NOT NULL OR l.transaction_type <> 'restock'`,
)
