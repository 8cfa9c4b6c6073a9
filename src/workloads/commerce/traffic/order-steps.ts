import { arrivalKey } from '../../../core/operation.ts'
import type { Arrival, Operation } from '../../../core/operation.ts'
import type { OperationName, RequirementId } from '../../../core/names.ts'
import { choose, rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import type { Changed, CommerceApplication } from '../application.ts'
import { rates, shares } from '../model.ts'
import type { CommerceOperation } from '../model.ts'
import { countStandIn } from '../world.ts'
import type { CommerceWorld } from '../world.ts'
import { CODE } from './code.ts'
import { newestKnown } from './known.ts'
import { customerOf, orderKey } from './order-place.ts'

/** A step of an order, the order found by the arrival that placed it. */
export interface OrderStep {
  readonly orderId: bigint
  readonly customerId: bigint
  /** Lines of an order count from 1. */
  readonly lineNumber: number
  /** The order's arrival, packed: what later steps of the same order look for. */
  readonly order: bigint
  readonly result: number
}

/** Orders that are paid, and orders that are taken back unpaid, stand at different even indexes. */
const PAID = { modulus: 4, residue: 0 } as const
const UNPAID = { modulus: 4, residue: 2 } as const
/** Captured orders that go on to ship, and those that are cancelled after they were paid. */
const SHIPPED = { modulus: 2, residue: 0 } as const
const PAID_BACK = { modulus: 2, residue: 1 } as const

/** Seconds after which an order, or a step, has probably been answered. */
const LAG_SECONDS = 1.5

function pack(id: ArrivalId): bigint {
  return BigInt(id.index * 2 + (id.phase === 'warmup' ? 0 : 1))
}

function unpack(packed: bigint): ArrivalId {
  const number = Number(packed)
  return { phase: number % 2 === 0 ? 'warmup' : 'measure', stream: 'mix', index: Math.floor(number / 2) }
}

type Chosen = { readonly modulus: number; readonly residue: number }

/** The arrival of an order that was placed a little before. */
function placed(world: CommerceWorld, arrival: Arrival, chosen: Chosen): bigint | undefined {
  const newest = earlier(world.pace, arrival, {
    operation: 'order.place',
    lagSeconds: LAG_SECONDS,
    ...chosen,
  })
  const id = newestKnown(newest, chosen.modulus, (one) => world.results.get(orderKey(one)) !== undefined)
  return id === undefined ? undefined : pack(id)
}

/** The arrival of the order that an earlier step of the mix went through with. */
function stepped(
  world: CommerceWorld,
  arrival: Arrival,
  operation: CommerceOperation,
  code: number,
  chosen: Chosen = { modulus: 1, residue: 0 },
): bigint | undefined {
  const newest = earlier(world.pace, arrival, { operation, lagSeconds: LAG_SECONDS, ...chosen })
  const order = (id: ArrivalId): bigint | undefined =>
    world.results.get(arrivalKey(code, id.phase, id.stream, id.index))
  const id = newestKnown(newest, chosen.modulus, (one) => order(one) !== undefined)
  return id && order(id)
}

/** What stands in where the order is not known: an order that nobody placed, which is refused. */
const NOBODYS = 1n

function stepOf(
  world: CommerceWorld,
  arrival: Arrival,
  operation: OperationName,
  code: number,
  order: bigint | undefined,
): OrderStep {
  const result = arrivalKey(code, arrival.phase, arrival.stream, arrival.index)
  const root = rootOf(world.seed, code, arrival)
  const lineNumber = 1 + choose(root, 0, shares.lines.value)
  const id = order === undefined ? undefined : unpack(order)
  const orderId = id && world.results.get(orderKey(id))
  if (order === undefined || id === undefined || orderId === undefined) {
    countStandIn(world, operation)
    return { orderId: NOBODYS, customerId: NOBODYS, lineNumber, order: 0n, result }
  }
  const customerId = world.population.customerId(customerOf(world, id))
  return { orderId, customerId, lineNumber, order, result }
}

interface StepTraffic {
  readonly name: CommerceOperation
  readonly code: number
  readonly claims: readonly RequirementId[]
  /** The packed arrival of the order that the step is about. */
  readonly order: (world: CommerceWorld, arrival: Arrival) => bigint | undefined
  readonly run: Operation<CommerceApplication, CommerceWorld, OrderStep, Changed>['run']
}

function stepTraffic(
  traffic: StepTraffic,
): Operation<CommerceApplication, CommerceWorld, OrderStep, Changed> {
  const { name, code, claims, order, run } = traffic
  return {
    name,
    claims,
    kind: 'write',
    rate: rates[name],
    targets: [],
    // An order that was not placed after all, or that is not where the step needs it yet.
    refusalShare: [0, 0.2],
    input: (arrival, world) => stepOf(world, arrival, name, code, order(world, arrival)),
    run,
    journal: (step) => ({ order: String(step.orderId), line: step.lineNumber }),
    outcome: (_step, { changed }) => ({ changed }),
    result: (step) => (step.orderId === NOBODYS ? undefined : { key: step.result, id: step.order }),
  }
}

/** The money is taken; reserved units are sold (E-14). */
export const paymentCapture: Operation<CommerceApplication, CommerceWorld, OrderStep, Changed> = stepTraffic({
  name: 'payment.capture',
  code: CODE.paymentCapture,
  claims: ['ECM-52', 'ECM-78'],
  order: (world, arrival) => placed(world, arrival, PAID),
  run: (application, { orderId }, context) => application.capturePayment({ orderId }, context),
})

/** Orders are taken back before they ship, paid ones among them. */
export const orderCancel: Operation<CommerceApplication, CommerceWorld, OrderStep, Changed> = stepTraffic({
  name: 'order.cancel',
  code: CODE.orderCancel,
  claims: ['ECM-51', 'ECM-78'],
  order(world, arrival) {
    const wantsPaid =
      uniform(rootOf(world.seed, CODE.orderCancel, arrival), 5) < shares.paidCancellations.value
    return wantsPaid
      ? stepped(world, arrival, 'payment.capture', CODE.paymentCapture, PAID_BACK)
      : placed(world, arrival, UNPAID)
  },
  run: (application, { customerId, orderId }, context) =>
    application.cancelOrder({ customerId, orderId }, context),
})

/** The money for an order that was paid and cancelled goes back; unpaid ones have nothing to give back. */
export const orderRefund: Operation<CommerceApplication, CommerceWorld, OrderStep, Changed> = {
  ...stepTraffic({
    name: 'order.refund',
    code: CODE.orderRefund,
    claims: ['ECM-52', 'ECM-78'],
    order: (world, arrival) => stepped(world, arrival, 'payment.capture', CODE.paymentCapture, PAID_BACK),
    run: (application, { orderId }, context) => application.refundOrder({ orderId }, context),
  }),
  // Not every order that was paid has been cancelled.
  refusalShare: [0, 1],
}

/** A paid order is handed to the carrier. */
export const orderShip: Operation<CommerceApplication, CommerceWorld, OrderStep, Changed> = stepTraffic({
  name: 'order.ship',
  code: CODE.orderShip,
  claims: ['ECM-51', 'ECM-58'],
  order: (world, arrival) => stepped(world, arrival, 'payment.capture', CODE.paymentCapture, SHIPPED),
  run: (application, { orderId }, context) =>
    application.shipOrder({ orderId, trackingNumber: `T${orderId}` }, context),
})

/** A shipped order arrives. */
export const orderDeliver: Operation<CommerceApplication, CommerceWorld, OrderStep, Changed> = stepTraffic({
  name: 'order.deliver',
  code: CODE.orderDeliver,
  claims: ['ECM-51', 'ECM-58'],
  order: (world, arrival) => stepped(world, arrival, 'order.ship', CODE.orderShip),
  run: (application, { orderId }, context) => application.deliverOrder({ orderId }, context),
})

/** A line of a delivered order comes back into stock. */
export const itemReturn: Operation<CommerceApplication, CommerceWorld, OrderStep, Changed> = stepTraffic({
  name: 'item.return',
  code: CODE.itemReturn,
  claims: ['ECM-58', 'ECM-78'],
  order: (world, arrival) => stepped(world, arrival, 'order.deliver', CODE.orderDeliver),
  run: (application, { customerId, orderId, lineNumber }, context) =>
    application.returnItem({ customerId, orderId, lineNumber }, context),
})
