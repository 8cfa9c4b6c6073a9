import { Refusal } from '../../../core/errors.ts'
import type { Arrival, Check, Operation } from '../../../core/operation.ts'
import { choose, rootOf, uniform, uniqueWord } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import type { CommerceApplication, OrderLine, OrderRequest, PlacedOrder } from '../application.ts'
import { ORDER_EFFECTS } from '../flows.ts'
import { rates } from '../model.ts'
import { countStandIn } from '../world.ts'
import type { CommerceWorld } from '../world.ts'
import { CODE } from './code.ts'
import { newestKnown } from './known.ts'
import { linesOf } from './order-place.ts'
import { updateAt } from './product-update.ts'
import type { ProductUpdate } from './product-update.ts'

const NAME = 'order.mistake'
/** Seconds after which a change of a product has probably been answered. */
const LAG_SECONDS = 1.5

/** What is wrong with an order. */
type Mistake = 'quantity' | 'off-sale' | 'old-price'

const MISTAKES: readonly Mistake[] = ['quantity', 'off-sale', 'old-price']
/** Why an order with a mistake is refused; a product with an old price may have been taken off sale since. */
const REASONS: Readonly<Record<Mistake, readonly string[]>> = {
  quantity: ['invalid-quantity'],
  'off-sale': ['inactive-product', 'unknown-product'],
  'old-price': ['price-changed', 'inactive-product'],
}

interface MistakenOrder extends OrderRequest {
  readonly mistake: Mistake
}

/** Either the order was placed all the same, or it was refused. */
interface Answer {
  readonly placed: PlacedOrder | undefined
  readonly reason: string
}

/** The newest change of a kind that is known to have been acknowledged, by the plan and the results (law 7). */
function changeBefore(
  world: CommerceWorld,
  arrival: Arrival,
  isWanted: (update: ProductUpdate) => boolean,
): ProductUpdate | undefined {
  const newest = earlier(world.pace, arrival, { operation: 'product.update', lagSeconds: LAG_SECONDS })
  const id = newestKnown(newest, 1, (one) => {
    const update = updateAt(world, one)
    return isWanted(update) && world.results.get(update.result) !== undefined
  })
  return id && updateAt(world, id)
}

function lineOf(world: CommerceWorld, product: number, quantity: number): OrderLine {
  const { population } = world
  return {
    productId: population.productId(product),
    quantity,
    seenPriceMinor: population.priceOf(product),
  }
}

/** A mistake and the line that it is in, first in the cart. Where no such change is known, a quantity stands in. */
function mistakenLine(world: CommerceWorld, arrival: Arrival, root: number): [Mistake, OrderLine] {
  const mistake = MISTAKES[choose(root, 1, MISTAKES.length)] ?? 'quantity'
  if (mistake !== 'quantity') {
    const update = changeBefore(world, arrival, ({ status, priceMinor }) =>
      mistake === 'off-sale' ? status !== null : priceMinor !== null,
    )
    if (update !== undefined) return [mistake, lineOf(world, update.product, 1)]
    countStandIn(world, NAME)
  }
  // The most wanted product: orders hold some of it, which a negative quantity could give back.
  return ['quantity', lineOf(world, world.population.productOfRank(0), -1)]
}

function mistakenOrder(world: CommerceWorld, arrival: Arrival): MistakenOrder {
  const root = rootOf(world.seed, CODE.orderMistake, arrival)
  const customer = world.customer(uniform(root, 0))
  const [mistake, line] = mistakenLine(world, arrival, root)
  const others = linesOf(world, root).filter(({ productId }) => productId !== line.productId)
  return {
    customerId: world.population.customerId(customer),
    key: `m${uniqueWord(arrival)}`,
    addressId: world.population.addressId(customer),
    currency: 'USD',
    lines: [line, ...others],
    mistake,
  }
}

function refusedCheck(
  mistake: Mistake,
  defects: Check<MistakenOrder, Answer, CommerceWorld>['defects'],
): Check<MistakenOrder, Answer, CommerceWorld> {
  return {
    name: `order.${mistake}-refused`,
    claims: ['ECM-65'],
    defects,
    check(order, { placed, reason }) {
      if (order.mistake !== mistake) return undefined
      const line = `${order.lines[0]?.quantity} of ${order.lines[0]?.productId}`
      if (placed !== undefined)
        return {
          message: `order ${placed.orderId} of ${line} was accepted (${mistake}) for ${placed.totalMinor}`,
        }
      return REASONS[mistake].includes(reason)
        ? true
        : { message: `an order of ${line} (${mistake}) was refused as '${reason}'` }
    },
  }
}

async function attempt(
  application: CommerceApplication,
  order: OrderRequest,
  context: Parameters<CommerceApplication['placeOrder']>[1],
): Promise<Answer> {
  try {
    return { placed: await application.placeOrder(order, context), reason: '' }
  } catch (error) {
    // Here a refusal is what should happen, and its reason is checked.
    if (error instanceof Refusal) return { placed: undefined, reason: error.reason }
    throw error
  }
}

/** Orders that must not be placed: a quantity below one, a product off sale, a price that is no more (E-23, E-27, E-28). */
export const orderMistake: Operation<CommerceApplication, CommerceWorld, MistakenOrder, Answer> = {
  name: NAME,
  claims: ['ECM-65'],
  kind: 'write',
  rate: rates[NAME],
  targets: [],
  checks: [
    refusedCheck('quantity', ['E-27']),
    refusedCheck('off-sale', ['E-28']),
    refusedCheck('old-price', ['E-23']),
  ],
  input: (arrival, world) => mistakenOrder(world, arrival),
  run: attempt,
  journal: (order) => ({
    customer: String(order.customerId),
    key: order.key,
    lines: order.lines.map(({ productId, quantity }) => `${productId}x${quantity}`).join(' '),
    mistake: order.mistake,
  }),
  outcome: (_order, { placed, reason }) => ({
    order: placed === undefined ? '' : String(placed.orderId),
    reason,
  }),
  flows: (_order, { placed }) =>
    placed === undefined ? undefined : { flows: [ORDER_EFFECTS], key: String(placed.orderId) },
}
