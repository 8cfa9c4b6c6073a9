// Kills in the midst of what becomes of an order after it was placed.
import type { Changed } from '../../../src/workloads/commerce/application.ts'
import { line } from '../commerce-case.ts'
import { newContext } from '../context.ts'
import { shutGates } from './gates.ts'
import { keepHouse } from './orders.ts'
import type { OrderFaults } from './orders.ts'
import { answersAgain, killPostgres, killSessions } from './postgres.ts'
import { newTally } from './tally.ts'
import type { Tally } from './tally.ts'
import { TABLE_AUDITS } from './witness.ts'
import type { Answer } from './witness.ts'

/** The points of the functions that take money and take orders back. */
export const STEP_POINTS = ['capture.units', 'capture.outbox', 'cancel.outbox'] as const
type StepPoint = (typeof STEP_POINTS)[number]

/** A paid or cancelled order in the tables, beside its event. */
const DONE = {
  capture: ['payments', "kind = 'capture'", 'order.paid'],
  cancel: ['orders', "status = 'cancelled'", 'order.cancelled'],
} as const

interface Step {
  readonly point: StepPoint
  readonly orderId: bigint
  take(): Promise<Answer<Changed>>
}

async function newStep(faults: OrderFaults, point: StepPoint, key: string): Promise<Step> {
  const { commerce, application, witness } = faults
  const customer = await commerce.customer()
  const lines = [line(await commerce.product(), 2)]
  const request = { ...customer, key, currency: 'USD', lines }
  const placed = await witness.order(request, () => application.placeOrder(request, newContext()))
  if (placed.outcome !== 'ok') throw new Error(`no order to go on with: ${placed.outcome}`)
  const { orderId } = placed.result
  const asked = { order: String(orderId), line: 1 }
  const said = ({ changed }: Changed) => ({ changed })
  return {
    point,
    orderId,
    take: () =>
      point === 'cancel.outbox'
        ? witness.ask(
            'order.cancel',
            asked,
            () => application.cancelOrder({ ...customer, orderId }, newContext()),
            said,
          )
        : witness.ask(
            'payment.capture',
            asked,
            () => application.capturePayment({ orderId }, newContext()),
            said,
          ),
  }
}

/** How often a step was taken, as its rows and its events say. */
async function timesOf(
  { commerce }: OrderFaults,
  { point, orderId }: Step,
): Promise<readonly [number, number]> {
  const [table, where, kind] = point === 'cancel.outbox' ? DONE.cancel : DONE.capture
  return [
    await commerce.count(table, `order_id = ${orderId} AND ${where}`),
    await commerce.count('outbox', `aggregate_id = ${orderId} AND kind = '${kind}'`),
  ]
}

async function repeat(faults: OrderFaults, step: Step, first: Answer<Changed>, tally: Tally): Promise<void> {
  const [before] = await timesOf(faults, step)
  tally.count += 1
  if (first.outcome === 'ok') tally.acknowledged += 1
  else if (before > 0) tally.happened += 1
  else tally.notHappened += 1
  const again = await step.take()
  const after = (await timesOf(faults, step)).join(' ')
  if (after !== '1 1') tally.violated.push(`taken again: its rows and events are ${after}`)
  if (again.outcome !== 'ok' || again.result.changed !== (before === 0))
    tally.violated.push(`taken again: ${JSON.stringify(again)}, ${before} before`)
}

let keys = 0

/** Kills sessions of PostgreSQL, or all of it, when a step of an order is at each point; then takes each step again. */
export async function killSteps(
  faults: OrderFaults,
  killed: 'sessions' | 'server',
): Promise<readonly Tally[]> {
  const { commerce, witness, strategy } = faults
  const steps: Step[] = []
  for (const point of STEP_POINTS) steps.push(await newStep(faults, point, `step-${(keys += 1)}`))
  // One that nobody pays: there is something for each audit to look at.
  await newStep(faults, 'capture.units', `step-${(keys += 1)}`)
  const gates = await shutGates(
    commerce.postgres,
    steps.map(({ point, orderId }) => ({ point, subject: orderId })),
  )
  const answers = Promise.all(steps.map((step) => step.take()))
  // Whatever is wrong with them is said where they are waited for.
  answers.catch(() => undefined)
  try {
    const sessions = await gates.reached()
    if (killed === 'server') await killPostgres(commerce)
    else await killSessions(commerce, sessions)
    await answersAgain(commerce)
  } finally {
    await gates.open()
  }
  const firsts = await answers
  const tallies: Tally[] = []
  for (const [index, step] of steps.entries()) {
    const tally = newTally(`steps, ${killed} killed at ${step.point}`)
    await repeat(faults, step, firsts[index] ?? { outcome: 'unknown' }, tally)
    tallies.push(tally)
  }
  await keepHouse(faults)
  const audits = newTally(`steps, ${killed} killed, audits`)
  audits.violated.push(...(await witness.violations(commerce, TABLE_AUDITS, { checkout: strategy })))
  return [...tallies, audits]
}
