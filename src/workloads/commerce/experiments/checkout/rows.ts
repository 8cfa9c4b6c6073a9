import type { Named } from '../../../../core/experiment.ts'
import type { Checkout } from '../../fixed/checkout/checkout.ts'
import { checkouts } from '../../fixed/place-order.ts'
import { textCheckout } from './text.ts'

/** A way to place an order, as a row of the table. */
export interface CheckoutRow extends Named {
  readonly checkout: Checkout
  /** Whether hot products have a row a unit, and counters that are kept up to date. */
  readonly isPooled: boolean
}

/** The text's own code first, then what a step in the right direction each would give, then the strategies of the fixed variant. */
export const ROWS: readonly CheckoutRow[] = [
  {
    name: 'text',
    description: "SERIALIZABLE, FOR UPDATE, cart order, no retry: the text's own code",
    checkout: textCheckout({ isolation: 'SERIALIZABLE', isSorted: false }),
    isPooled: false,
  },
  {
    name: 'read-committed',
    description: 'READ COMMITTED, FOR UPDATE, cart order, no retry',
    checkout: textCheckout({ isolation: 'READ COMMITTED', isSorted: false }),
    isPooled: false,
  },
  {
    name: 'sorted',
    description: 'SERIALIZABLE, FOR UPDATE, sorted, no retry',
    checkout: textCheckout({ isolation: 'SERIALIZABLE', isSorted: true }),
    isPooled: false,
  },
  {
    name: 'serializable',
    description: 'SERIALIZABLE, conditional UPDATE, sorted, tried again for a second',
    checkout: checkouts.serializable,
    isPooled: false,
  },
  {
    name: 'conditional',
    description: 'READ COMMITTED, conditional UPDATE, sorted: the default',
    checkout: checkouts.conditional,
    isPooled: false,
  },
  {
    name: 'unit-rows',
    description: 'the same, and a row a unit of hot items, taken with SKIP LOCKED',
    checkout: checkouts['unit-rows'],
    isPooled: true,
  },
  {
    name: 'saga',
    description: 'stock held warehouse by warehouse, then the order: as on separate databases',
    checkout: checkouts.saga,
    isPooled: false,
  },
]
