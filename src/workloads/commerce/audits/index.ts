import type { Audit } from '../../../core/workload.ts'
import { ledgerOrders } from './ledger-orders.ts'
import { ordersAllocated } from './orders-allocated.ts'
import { ordersKeys } from './orders-keys.ts'
import { ordersStates } from './orders-states.ts'
import { ordersTotals } from './orders-totals.ts'
import { partitionsDefault } from './partitions-default.ts'
import { reservationsExpired } from './reservations-expired.ts'
import { stockLedger } from './stock-ledger.ts'
import { stockOversold } from './stock-oversold.ts'

/** The audits of the fixed variant. */
export const fixedAudits: readonly Audit[] = [
  stockLedger,
  stockOversold,
  ledgerOrders,
  reservationsExpired,
  ordersAllocated,
  ordersTotals,
  ordersStates,
  ordersKeys,
  partitionsDefault,
]
