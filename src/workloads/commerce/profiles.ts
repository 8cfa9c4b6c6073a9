import { assumed } from '../../core/model.ts'
import type { Profile } from '../../core/workload.ts'
import { peakOrders, SCARCE_ORDERS } from './model.ts'

/** Orders a second for the one scarce product of profile `sellout`. */
const SELLOUT_ORDERS = 60

/** Black Friday: orders as documented, pages and searches beside them assumed. */
const PEAK: NonNullable<Profile['rates']> = {
  'order.place': peakOrders,
  'product.read': assumed(
    833,
    'per second',
    'at the peak most visitors know what they want: a page an order',
  ),
  'search.query': assumed(8, 'per second', 'at the peak few search'),
}

/** The shapes of the commerce traffic. */
export const profiles: Readonly<Record<string, Profile>> = {
  steady: { description: 'the documented daily mean, evenly' },
  peak: { description: 'the documented peak of Black Friday: 833 orders a second at scale 1', rates: PEAK },
  ramp: {
    description: 'from the daily mean of orders to the peak and back',
    rates: PEAK,
    shape: [
      { at: 0, factor: 0.07 },
      { at: 0.4, factor: 1 },
      { at: 0.7, factor: 1 },
      { at: 1, factor: 0.07 },
    ],
  },
  sellout: {
    description: `steady, and ${SELLOUT_ORDERS} orders a second for an item that runs out`,
    surge: { 'order.place': SELLOUT_ORDERS },
    surgeLasts: { 'order.place': SCARCE_ORDERS },
  },
}
