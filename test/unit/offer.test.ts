// Work that an experiment offers in an open loop.
import t from 'tap'
import { OperationFailure } from '../../src/core/errors.ts'
import type { OfferedReport } from '../../src/core/experiment.ts'
import { offer } from '../../src/session/offer.ts'

function offered(work: (number: number) => Promise<void>): Promise<OfferedReport> {
  const { signal } = new AbortController()
  return offer({ perSecond: 1_000, seconds: 0.2, warmupSeconds: 0.05, seed: 1, slots: 8, signal, work })
}

t.test(
  'as much is offered as rate and time say, whatever becomes of it, and the warm-up counts for nothing',
  async (t) => {
    const numbers: number[] = []
    const report = await offered((number) => {
      numbers.push(number)
      return Promise.resolve()
    })
    t.same(numbers, [...Array(250).keys()], 'in the order of their moments, each once')
    t.match(report, { offered: 200, failed: 0, dropped: 0 })
    t.ok(report.p50 <= report.p99 && report.p99 <= report.p999 && Number.isFinite(report.p999))
  },
)

t.test('what fails is over any bound: a percentile that lies among it has no end', async (t) => {
  const report = await offered((number) =>
    number % 50 === 0 ? Promise.reject(new OperationFailure('timeout', 'late')) : Promise.resolve(),
  )
  t.match(report, { offered: 200, failed: 4, dropped: 0, p99: Infinity })
  t.ok(Number.isFinite(report.p50))
})

t.test('what waits for a slot is late from the moment at which it was to be', async (t) => {
  const gate = Promise.withResolvers<void>()
  let begun = 0
  const report = await offered(async () => {
    begun += 1
    // Those that have all slots wait until all others are due.
    if (begun === 8) setTimeout(gate.resolve, 300)
    await gate.promise
  })
  t.equal(begun, 250)
  t.match(report, { offered: 200, failed: 0, dropped: 0 })
  t.ok(report.p50 > 40, 'the last one was due 50 ms before the gate opened')
})

t.test('a mistake in the work is no failure of a store: it is told', async (t) => {
  await t.rejects(
    offered(() => Promise.reject(new TypeError('no such column'))),
    { message: /no such column/ },
  )
})
