import type { Audit } from '../../../core/workload.ts'
import { effectsOnce } from './effects-once.ts'
import { eventsCreated } from './events-created.ts'
import { eventsReadable } from './events-readable.ts'
import { journalAcknowledged } from './journal-acknowledged.ts'
import { ledgerOrders } from './ledger-orders.ts'
import { orderHistory } from './order-history.ts'
import { ordersAllocated } from './orders-allocated.ts'
import { ordersKeys } from './orders-keys.ts'
import { ordersStates } from './orders-states.ts'
import { ordersTotals } from './orders-totals.ts'
import { partitionsDefault } from './partitions-default.ts'
import { refusalsRight } from './refusals-right.ts'
import { reservationsExpired } from './reservations-expired.ts'
import { searchEqual } from './search-equal.ts'
import { searchRelevance } from './search-relevance.ts'
import { sellersOrders } from './sellers-orders.ts'
import { stockLedger } from './stock-ledger.ts'
import { stockOversold } from './stock-oversold.ts'
import { stockPools } from './stock-pools.ts'

/** The audits of the fixed variant. */
export const fixedAudits: readonly Audit[] = [
  stockLedger,
  stockOversold,
  stockPools,
  ledgerOrders,
  reservationsExpired,
  ordersAllocated,
  ordersTotals,
  ordersStates,
  ordersKeys,
  orderHistory,
  journalAcknowledged,
  refusalsRight,
  eventsCreated,
  eventsReadable,
  effectsOnce,
  sellersOrders,
  searchEqual,
  searchRelevance,
  partitionsDefault,
]
