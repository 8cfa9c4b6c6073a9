import t from 'tap'
import type { Arrival } from '../../../src/core/operation.ts'
import { runLoad } from '../../../src/engine/dispatch.ts'
import { summarise } from '../../../src/engine/histogram.ts'
import { Flight } from '../../../src/engine/flight.ts'
import { newLane } from '../../../src/engine/lanes.ts'
import type { Lane } from '../../../src/engine/lanes.ts'
import type { OperationReport } from '../../../src/engine/report.ts'
import { newSeconds } from '../../../src/engine/seconds.ts'
import type { SecondRecord } from '../../../src/engine/seconds.ts'
import { newWaiting } from '../../../src/engine/waiting.ts'
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
  const { outcomes } = await offered(800, 40, { atSecond: 5, seconds: 4 })
  t.match(outcomes, { ok: 32_000, dropped: 0, timeout: 0 })
})

t.test('who has not waited for nearly all of its deadline is served in order', async (t) => {
  const clock = fakeClock()
  const order: number[] = []
  const operation = operationOf('op', (number) => {
    order.push(number)
    return clock.until(clock.nowMicros() + SERVICE_MICROS)
  })
  const plan = planOf({ op: 200 }, 4)
  await clock.drive(runLoad({ ...optionsOf(clock, [operation], plan), slots: 1 }))
  t.same(
    order,
    order.toSorted((one, other) => one - other),
  )
  t.equal(order.length, 800, 'the last one waited for 4 s')
})

/** A flight that waits, of an operation whose callers wait for 5 s. */
function flightAt(lane: Lane, number: number, intendedMicros: number): Flight {
  const arrival: Arrival = {
    number,
    index: number,
    phase: 'measure',
    stream: 'mix',
    offsetMicros: 0,
    random: 0,
  }
  return new Flight(arrival, lane, number, intendedMicros, intendedMicros, 0, Infinity, undefined)
}

t.test('whose deadline has passed does not stay, nor keep those who wait from their order', (t) => {
  const lane = newLane(
    operationOf('op', () => Promise.resolve()),
    newSeconds(['op'], 0, 0, 0, () => undefined).records[0] as SecondRecord,
    { warmup: Infinity, measure: Infinity },
  )
  const waiting = newWaiting()
  const [gone, first, second] = [0, 1e6, 2e6].map((at, number) => flightAt(lane, number, at))
  for (const flight of [gone, first, second]) if (flight !== undefined) waiting.push(flight)
  if (gone !== undefined) gone.state = 'over'
  t.equal(waiting.next(5.2e6), first)
  t.equal(waiting.next(5.2e6), second)
  t.equal(waiting.next(5.2e6), undefined)
  t.end()
})
