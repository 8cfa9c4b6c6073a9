import t from 'tap'
import { runLoad } from '../../../src/engine/dispatch.ts'
import { summarise } from '../../../src/engine/histogram.ts'
import type { OperationReport } from '../../../src/engine/report.ts'
import { operationOf, optionsOf, planOf } from './drivers.ts'
import { fakeClock } from './fake-clock.ts'

const SERVICE_MICROS = 10_000

/** What 10 slots and 10 ms for each, a thousand a second, make of a load. */
async function offered(
  perSecond: number,
  seconds: number,
  stall: { readonly atSecond: number; readonly seconds: number } = { atSecond: 0, seconds: 0 },
): Promise<OperationReport> {
  const clock = fakeClock()
  const from = clock.nowMicros() + stall.atSecond * 1e6
  const to = from + stall.seconds * 1e6
  const operation = operationOf('op', () => {
    const now = clock.nowMicros()
    return clock.until((now >= from && now < to ? to : now) + SERVICE_MICROS)
  })
  const plan = planOf({ op: perSecond }, seconds)
  const report = await clock.drive(runLoad({ ...optionsOf(clock, [operation], plan), slots: 10 }))
  const found = report.operations.find(({ phase }) => phase === 'measure')
  if (found === undefined) throw new RangeError('nothing measured')
  return found
}

t.test('beyond what the application can do it still does in time nearly all that it can', async (t) => {
  const { outcomes, measures } = await offered(2000, 30)
  t.ok(outcomes.ok > 30_000 * 0.98, `${outcomes.ok} of the 30,000 that can be done`)
  t.equal(outcomes.ok + outcomes.dropped + outcomes.timeout, 60_000, 'each has one outcome')
  if (measures.response === undefined) throw new RangeError('no samples')
  const { p50 } = summarise(measures.response)
  t.ok(p50 < 100, `half of the answers within ${p50} ms`)
})

t.test('a stall that is over before anybody gives up costs nobody an answer', async (t) => {
  const { outcomes } = await offered(800, 20, { atSecond: 5, seconds: 2 })
  t.match(outcomes, { ok: 16_000, dropped: 0, timeout: 0 })
})

t.test('who has waited for less than half of the deadline is served in order', async (t) => {
  const clock = fakeClock()
  const order: number[] = []
  const operation = operationOf('op', (number) => {
    order.push(number)
    return clock.until(clock.nowMicros() + SERVICE_MICROS)
  })
  const plan = planOf({ op: 200 }, 2)
  await clock.drive(runLoad({ ...optionsOf(clock, [operation], plan), slots: 1 }))
  t.same(
    order,
    order.toSorted((one, other) => one - other),
  )
  t.equal(order.length, 400, 'the last one waited for 2 s')
})
