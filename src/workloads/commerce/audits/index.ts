import type { Audit } from '../../../core/audit.ts'
import { eventsCreatedAsWritten } from './as-written/events-created.ts'
import { effectsOnceAsWritten } from './as-written/effects-once.ts'
import { journalAcknowledgedAsWritten } from './as-written/journal-acknowledged.ts'
import { ledgerOrdersAsWritten } from './as-written/ledger-orders.ts'
import { ordersStatesAsWritten } from './as-written/orders-states.ts'
import { ordersTotalsAsWritten } from './as-written/orders-totals.ts'
import { reservationsExpiredAsWritten } from './as-written/reservations-expired.ts'
import { searchEqualAsWritten } from './as-written/search-equal.ts'
import { stockLedgerAsWritten } from './as-written/stock-ledger.ts'
import { stockOversoldAsWritten } from './as-written/stock-oversold.ts'
import { effectsOnce } from './effects-once.ts'
import { eventsCreated } from './events-created.ts'
import { eventsReadable } from './events-readable.ts'
import { journalAcknowledged } from './journal-acknowledged.ts'
import { ledgerOrders } from './ledger-orders.ts'
import { orderHistory } from './order-history.ts'
import { locksOrdered, locksOrderedAsWritten } from './locks-ordered.ts'
import { ordersAllocated } from './orders-allocated.ts'
import { ordersKeys } from './orders-keys.ts'
import { ordersStates } from './orders-states.ts'
import { ordersTotals } from './orders-totals.ts'
import { partitionsDefault } from './partitions-default.ts'
import { refusalsRight, refusalsRightAsWritten } from './refusals-right.ts'
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
  locksOrdered,
]

/** The audits that make sense on the text's own tables, under the names of the fixed ones. */
export const asWrittenAudits: readonly Audit[] = [
  stockLedgerAsWritten,
  stockOversoldAsWritten,
  ledgerOrdersAsWritten,
  reservationsExpiredAsWritten,
  ordersTotalsAsWritten,
  ordersStatesAsWritten,
  journalAcknowledgedAsWritten,
  refusalsRightAsWritten,
  eventsCreatedAsWritten,
  effectsOnceAsWritten,
  searchEqualAsWritten,
  locksOrderedAsWritten,
]
