// Orders that are to be at a certain point of placing them when something is killed.
import { OperationFailure } from '../../../src/core/errors.ts'
import type {
  CommerceApplication,
  OrderRequest,
  PlacedOrder,
} from '../../../src/workloads/commerce/application.ts'
import type { CommerceCase } from '../commerce-case.ts'
import { line } from '../commerce-case.ts'
import { newContext } from '../context.ts'

/** An order, and the point at which it is to be hit. */
export interface Victim {
  readonly point: string
  /** Inside the database's function, where gates stop it; else the application stops it. */
  readonly isInFunction: boolean
  readonly request: OrderRequest
}

/** The order was placed and nobody has heard of it; the caller has heard of it. */
export const UNHEARD = 'unheard'
export const ANSWERED = 'answered'

const PLACE_ORDER = [
  'order.reserve',
  'order.reserve-line-1',
  'order.reserve-line-2',
  'order.insert',
  'order.outbox',
  'order.reservations',
  'order.commit',
]

/** Points inside functions of the database, by strategy. */
export const FUNCTION_POINTS: Readonly<Record<string, readonly string[]>> = {
  conditional: PLACE_ORDER,
  serializable: PLACE_ORDER,
  'unit-rows': PLACE_ORDER,
  saga: ['order.insert', 'order.outbox'],
}

/** Points between the statements of the application, by strategy. */
const CODE_POINTS: Readonly<Record<string, readonly string[]>> = {
  conditional: [],
  serializable: ['order.begun', 'order.before-commit'],
  'unit-rows': [],
  saga: ['saga.claimed', 'saga.reserve', 'saga.reserved', 'saga.held', 'saga.abandoned', 'saga.written'],
}

/** The saga of this point fails after it holds its units: it is about to take back what it did. */
export function isTakenBack({ point }: Victim): boolean {
  return point === 'saga.abandoned'
}

let keys = 0

/** One order for each point, of customers and products of its own: 2 units, and 5 that no warehouse has alone. */
export async function makeVictims(
  commerce: CommerceCase,
  strategy: string,
  ends: readonly string[],
): Promise<readonly Victim[]> {
  const inFunction = FUNCTION_POINTS[strategy] ?? []
  const victims: Victim[] = []
  for (const point of [...inFunction, ...(CODE_POINTS[strategy] ?? []), ...ends]) {
    keys += 1
    const customer = await commerce.customer()
    const products = [
      await commerce.product({ stock: { 1: 3, 2: 3 } }),
      await commerce.product({ stock: { 1: 3, 2: 3 } }),
    ] as const
    // Other lines than these are taken all at once: they do not come to the points of single lines.
    const isSplit = strategy === 'saga' || point.startsWith('order.reserve-line')
    const lines = [line(products[0], 2), line(products[1], isSplit ? 5 : 2)]
    const request = { ...customer, key: `victim-${keys}`, currency: 'USD', lines }
    victims.push({ point, isInFunction: inFunction.includes(point), request })
  }
  return victims
}

/** As a client does who is told of a conflict: nothing was done. Serializable orders that wait make others conflict. */
async function askedAgain(place: () => Promise<PlacedOrder>): Promise<PlacedOrder> {
  try {
    return await place()
  } catch (error) {
    if (error instanceof OperationFailure && error.kind === 'conflict') return askedAgain(place)
    throw error
  }
}

/** Places an order; `reached` is called at its point, unless that is inside a function, and holds it there. */
export async function placeAt(
  application: CommerceApplication,
  victim: Victim,
  reached: (point: string) => Promise<void>,
): Promise<PlacedOrder> {
  const [first] = victim.request.lines
  const placed = await askedAgain(() =>
    application.placeOrder(victim.request, {
      ...newContext(),
      async faultPoint(name) {
        if (name === 'saga.held' && isTakenBack(victim) && first !== undefined) {
          const change = { productId: first.productId, title: null, priceMinor: 1_001n, status: null }
          await application.updateProduct(change, newContext())
        }
        if (name === victim.point) await reached(name)
      },
    }),
  )
  if (victim.point === UNHEARD) await reached(UNHEARD)
  return placed
}
