import type { DefectExpectation } from '../../../core/workload.ts'

/** What the as-written variant is expected to show, and by which target, budget, check or audit. */
export const asWrittenDefects: readonly DefectExpectation[] = [
  {
    defect: 'E-07',
    title: 'a conflict is a lost sale: nothing is tried again',
    shownBy: ['order.place error budget'],
  },
  {
    defect: 'E-08',
    title: 'stock is locked in the order of the cart: deadlocks, a second each',
    // At the mean of the day a deadlock is chance.
    profiles: ['peak'],
    shownBy: ['locks.ordered'],
  },
  {
    defect: 'E-13',
    title: 'what an unpaid or cancelled order reserved is never free again',
    shownBy: ['reservations.expired'],
  },
  {
    defect: 'E-14',
    title: 'what is paid is never sold, and any status follows any',
    shownBy: ['orders.states'],
  },
  {
    defect: 'E-15',
    title: 'an order is refused that several warehouses could fill',
    profiles: ['sellout'],
    shownBy: ['refusals.right'],
  },
  {
    defect: 'E-16',
    title: 'reservations in the ledger name no order',
    shownBy: ['ledger.orders'],
  },
  {
    defect: 'E-21',
    title: 'a repeated request becomes a second order',
    shownBy: ['order.repeated-once'],
  },
  {
    defect: 'E-23',
    title: 'another price is charged than was seen, total and items apart',
    shownBy: ['order.old-price-refused', 'order.total-exact', 'orders.totals'],
  },
  {
    defect: 'E-27',
    title: 'a negative quantity is accepted and adds stock',
    shownBy: ['order.quantity-refused', 'stock.oversold'],
  },
  {
    defect: 'E-28',
    title: 'what is off sale can be bought',
    shownBy: ['order.off-sale-refused'],
  },
  {
    defect: 'E-39',
    title: 'what is off sale is found',
    shownBy: ['search.equal'],
  },
]
