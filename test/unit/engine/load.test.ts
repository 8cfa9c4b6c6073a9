import t from 'tap'
import { OperationFailure, Refusal } from '../../../src/core/errors.ts'
import type { AnyOperation } from '../../../src/core/operation.ts'
import { runLoad } from '../../../src/engine/dispatch.ts'
import { summarise } from '../../../src/engine/histogram.ts'
import type { LoadOptions } from '../../../src/engine/options.ts'
import type { JournalBegin, JournalEnd } from '../../../src/engine/journal-format.ts'
import type { FlowBegun, OperationReport, SecondReport, WorkerReport } from '../../../src/engine/report.ts'
import { journalInto, operationOf, optionsOf, planOf } from './drivers.ts'
import { fakeClock } from './fake-clock.ts'
import type { FakeClock } from './fake-clock.ts'

function load(
  clock: FakeClock,
  operation: AnyOperation,
  perSecond: number,
  seconds: number,
  more: Partial<LoadOptions> = {},
): Promise<WorkerReport> {
  const plan = planOf({ [operation.name]: perSecond }, seconds)
  return clock.drive(runLoad({ ...optionsOf(clock, [operation], plan), ...more }))
}

function measured(report: WorkerReport, operation = 0): OperationReport {
  const found = report.operations.filter(({ phase }) => phase === 'measure')[operation]
  if (found === undefined) throw new RangeError('nothing measured')
  return found
}

/** Answers after 1 ms, but stands still once for 1,400 ms, 9 s after the start. */
function standingStill(clock: FakeClock, serviceMicros: number): AnyOperation {
  const from = clock.nowMicros() + 9e6
  const to = from + 1.4e6
  return operationOf('still', async () => {
    const now = clock.nowMicros()
    await clock.until((now >= from && now < to ? to : now) + serviceMicros)
  })
}

const near = (value: number | undefined, goal: number): boolean =>
  value !== undefined && Math.abs(value - goal) <= goal / 100

t.test('a stall of 1,400 ms shows in open-loop percentiles to within 1 %', async (t) => {
  const clock = fakeClock(1e9)
  const report = measured(await load(clock, standingStill(clock, 0), 1000, 20))
  t.same(report.outcomes.ok, 20_000)
  const response = report.measures.response
  if (response === undefined) throw new RangeError('no samples')
  const { p95, p99, p999, max } = summarise(response)
  t.ok(near(p95, 400), `p95 is ${p95}`)
  t.ok(near(p99, 1200), `p99 is ${p99}`)
  t.ok(near(p999, 1380), `p99.9 is ${p999}`)
  t.ok(near(max, 1400), `max is ${max}`)
})

t.test('a closed loop over the same driver hides the stall', async (t) => {
  const clock = fakeClock(1e9)
  const report = await load(clock, standingStill(clock, 900), 1000, 20, { closedConcurrency: 1 })
  const response = measured(report).measures.response
  if (response === undefined) throw new RangeError('no samples')
  const { p99, p999, max } = summarise(response)
  t.ok(p99 < 1 && p999 < 1, `p99 is ${p99}, p99.9 ${p999}`)
  t.ok(near(max, 1401), `only the maximum, ${max}, has seen it`)
})

t.test('arrivals wait for a slot inside their response time', async (t) => {
  const clock = fakeClock()
  const slow = operationOf('slow', () => clock.until(clock.nowMicros() + 10_000))
  const report = measured(await load(clock, slow, 200, 1, { slots: 1 }))
  const { response, service, queueWait, dispatchLag } = report.measures
  t.equal(report.outcomes.ok, 200)
  t.ok(service !== undefined && near(summarise(service).max, 10), 'service time stays 10 ms')
  t.ok(queueWait !== undefined && near(summarise(queueWait).max, 995), 'the last waits for 199 x 5 ms')
  t.ok(response !== undefined && near(summarise(response).max, 1005), 'response time holds both')
  t.ok(dispatchLag !== undefined && summarise(dispatchLag).max < 0.01, 'no arrival is delayed')
})

t.test(
  'an arrival that finds no slot before its deadline is dropped, one that runs past it a timeout',
  async (t) => {
    const clock = fakeClock()
    const hung = operationOf('hung', () => new Promise(() => undefined))
    const report = await load(clock, hung, 10, 2, { slots: 3 })
    const { outcomes, streams, inFlightAtEnd, measures } = measured(report)
    t.match(outcomes, { ok: 0, timeout: 3, dropped: 17 })
    t.match(streams, [{ offered: 20, achieved: 0 }])
    t.equal(inFlightAtEnd, 3)
    t.equal(measures.response, undefined, 'nothing was answered')
    t.equal(report.drainSeconds, 4.9, 'the drain ends at the deadline of the last arrival: 5 s after 1.9 s')
  },
)

t.test('the deadline is ten times the tightest bound when that is more than 5 s', async (t) => {
  const clock = fakeClock()
  const late = operationOf('late', () => clock.until(clock.nowMicros() + 9e6), {
    targets: [{ percentile: 99, belowMs: 1000 }],
  })
  const report = measured(await load(clock, late, 1, 1))
  t.match(report.outcomes, { ok: 1, timeout: 0 })
})

t.test('a late answer keeps its slot until it comes, and stays unknown', async (t) => {
  const clock = fakeClock()
  const ends: JournalEnd[] = []
  const begins: JournalBegin[] = []
  const signals: boolean[] = []
  const late = operationOf(
    'late',
    async (number, context) => {
      const { signal } = context
      await clock.until(clock.nowMicros() + (number === 0 ? 6e6 : 1000))
      signals.push(signal.aborted)
    },
    { kind: 'write', journal: (number) => ({ number }) },
  )
  const report = measured(
    await load(clock, late, 1, 3, {
      slots: 1,
      journal: journalInto(begins, ends),
    }),
  )
  t.match(
    report.outcomes,
    { timeout: 1, ok: 1, dropped: 1 },
    'the second waited out its 5 s, the third did not',
  )
  t.same(
    begins.map(({ number }) => number),
    [0, 2],
  )
  t.same(
    ends.map(({ number, outcome }) => [number, outcome]),
    [[2, 'ok']],
  )
  t.same(signals, [true, false], 'its signal had aborted')
})

t.test('every kind of failure is counted as what it is, and told to the witness', async (t) => {
  const clock = fakeClock()
  const ends: JournalEnd[] = []
  const failing = operationOf(
    'failing',
    async (number, { cost }) => {
      cost.roundTrips += 1
      if (number === 0) throw new Refusal('private')
      if (number === 1) throw new OperationFailure('conflict', 'serialization')
      if (number === 2) throw new OperationFailure('timeout', 'statement')
      if (number === 3) throw new OperationFailure('unavailable', 'connection lost')
      if (number < 6) throw new TypeError('undefined is not a function')
      return number
    },
    { journal: (number) => ({ number }), outcome: (_, output) => ({ id: String(output) }) },
  )
  const report = measured(
    await load(clock, failing, 8, 1, {
      journal: journalInto([], ends),
    }),
  )
  t.same(report.outcomes, {
    ok: 2,
    refused: 1,
    conflict: 1,
    timeout: 1,
    unavailable: 1,
    unexpected: 2,
    dropped: 0,
  })
  t.same(report.unexpected, [{ message: 'TypeError: undefined is not a function', count: 2 }])
  t.equal(report.refusals?.count, 1, 'refusals have a histogram of their own')
  t.equal(report.measures.response?.count, 2)
  t.equal(report.cost.roundTrips, 8)
  t.match(report.streams, [{ offered: 8, achieved: 3 }])
  t.same(
    ends.map(({ outcome }) => outcome),
    ['refused', 'failed', 'unknown', 'unknown', 'unknown', 'unknown', 'ok', 'ok'],
  )
  t.same(ends[7]?.result, { id: '7' })
})

t.test('a throw before the first await is a failure of the operation, not of the run', async (t) => {
  const clock = fakeClock()
  const throwing = operationOf('throwing', () => {
    throw new Refusal('no')
  })
  t.equal(measured(await load(clock, throwing, 5, 1)).outcomes.refused, 5)
})

t.test('a throwing input, check or part is a bug: the run rejects', async (t) => {
  const broken = (): never => {
    throw new RangeError('a bug')
  }
  const ok = (): Promise<number> => Promise.resolve(1)
  const check = { name: 'c', claims: [], defects: [], check: broken }
  for (const more of [
    { input: broken },
    { checks: [check] },
    { part: broken },
    { result: broken },
    { flows: broken },
  ])
    await t.rejects(
      load(fakeClock(), operationOf('broken', ok, more), 5, 1),
      { message: 'a bug' },
      Object.keys(more).join(),
    )
})

t.test('checks, parts, results and flows of a success', async (t) => {
  const clock = fakeClock()
  const made = new Map<number, bigint>()
  const begun: FlowBegun[] = []
  const operation = operationOf('full', (number) => Promise.resolve(number), {
    part: (number) => (number % 4 === 0 ? 'cold' : 'warm'),
    result: (number) => ({ key: number, id: BigInt(number) }),
    flows: (number) => ({ flows: ['fanout', 'mail'], key: String(number) }),
    checks: [
      { name: 'even', claims: [], defects: [], check: (n) => (n % 2 === 0 ? true : { message: 'odd' }) },
      { name: 'nothing', claims: [], defects: [], check: () => undefined },
    ],
  })
  const report = measured(
    await load(clock, operation, 40, 1, {
      results: { get: (key) => made.get(key), set: (key, id) => made.set(key, id) },
      onFlows: (batch) => begun.push(...batch),
    }),
  )
  t.same(
    report.parts.map(({ part, count }) => [part, count]),
    [
      ['cold', 10],
      ['warm', 30],
    ],
  )
  t.match(report.checks, [
    { name: 'even', checked: 40, violations: 20 },
    { name: 'nothing', checked: 0, violations: 0 },
  ])
  t.equal(report.checks[0]?.examples.length, 10)
  t.equal(report.checks[0]?.examples[0], 'arrival 1: odd')
  t.equal(made.get(39), 39n)
  t.equal(begun.length, 80)
  t.same(begun[9], { flow: 'mail', key: '4', intendedMicros: 100_000, phase: 'measure' })
  t.same(begun[8], { flow: 'fanout', key: '4', intendedMicros: 100_000, phase: 'measure' })
})

t.test('a driver that blocks the event loop shows as dispatch lag', async (t) => {
  const clock = fakeClock()
  const blocking = operationOf('blocking', async () => clock.block(20_000))
  const { measures } = measured(await load(clock, blocking, 100, 1))
  t.ok(measures.dispatchLag !== undefined && summarise(measures.dispatchLag).max > 900)
  t.ok(measures.sinceHandOver !== undefined && near(summarise(measures.sinceHandOver).max, 20))
})

t.test('an arrival that is handed over after its deadline is a drop of the generator', async (t) => {
  const clock = fakeClock()
  const blocking = operationOf('blocking', async (number) => {
    if (number === 0) clock.block(10e6)
  })
  const { outcomes, droppedAtHandOver } = measured(await load(clock, blocking, 10, 2))
  t.equal(outcomes.dropped, 19)
  t.equal(droppedAtHandOver, 19)
  t.equal(outcomes.timeout, 1)
})

t.test('warm-up is recorded apart, and seconds before the window are negative', async (t) => {
  const clock = fakeClock()
  const seconds: SecondReport[] = []
  const noop = operationOf('noop', () => clock.until(clock.nowMicros() + 100))
  const plan = planOf({ noop: 100 }, 2, 'uniform', 1.5)
  const report = await clock.drive(
    runLoad({ ...optionsOf(clock, [noop], plan), onSecond: (second) => seconds.push(second) }),
  )
  t.same(
    report.operations.map(({ phase, outcomes }) => [phase, outcomes.ok]),
    [
      ['warmup', 150],
      ['measure', 200],
    ],
  )
  t.same(
    seconds.map(({ second, operations }) => [second, operations[0]?.ok]),
    [
      [-2, 50],
      [-1, 100],
      [0, 100],
      [1, 100],
    ],
  )
  t.equal(report.measuredSeconds, 2)
})

t.test('an open loop lasts its whole window, a closed one only as long as its arrivals', async (t) => {
  const clock = fakeClock()
  const plan = planOf({ rare: 0.1 }, 10)
  const rare = operationOf('rare', () => clock.until(clock.nowMicros() + 1000))
  await clock.drive(runLoad(optionsOf(clock, [rare], plan)))
  t.equal(clock.nowMicros(), 10e6)
  await clock.drive(runLoad({ ...optionsOf(clock, [rare], plan), closedConcurrency: 1 }))
  t.equal(clock.nowMicros(), 10.001e6)
})

t.test('an interrupted run stops handing over, drains shortly and reports what there is', async (t) => {
  const clock = fakeClock()
  const interrupt = new AbortController()
  let aborted = 0
  const slow = operationOf('slow', async (number, { signal }) => {
    signal.addEventListener('abort', () => (aborted += 1))
    if (number === 9) interrupt.abort()
    await clock.until(clock.nowMicros() + (number < 8 ? 1000 : 3e6))
  })
  const report = await load(clock, slow, 10, 20, { signal: interrupt.signal, slots: 10 })
  t.equal(report.interrupted, true)
  t.match(measured(report), { outcomes: { ok: 8, timeout: 0 }, unfinished: 2 })
  t.equal(aborted, 2, 'what was still running is told')
  t.ok(near(report.measuredSeconds, 0.9) && near(report.drainSeconds, 1))
  const before = new AbortController()
  before.abort()
  const nothing = await load(
    fakeClock(),
    operationOf('never', () => Promise.resolve()),
    10,
    1,
    { signal: before.signal },
  )
  t.match(nothing, { interrupted: true, measuredSeconds: 0 })
})

t.test('inputs and outcomes do not depend on the number of workers', async (t) => {
  const plan = planOf({ a: 300, b: 20 }, 3, 'poisson', 1)
  const inputsOf = async (workers: number): Promise<string[]> => {
    const inputs: string[] = []
    const operations = ['a', 'b'].map((name) =>
      operationOf(name, () => Promise.resolve(), {
        input(arrival) {
          inputs.push(JSON.stringify([name, arrival]))
          return arrival.number
        },
      }),
    )
    for (let worker = 0; worker < workers; worker += 1) {
      const clock = fakeClock()
      await clock.drive(runLoad({ ...optionsOf(clock, operations, plan), worker, workers }))
    }
    return inputs.toSorted()
  }
  const one = await inputsOf(1)
  t.equal(one.length, 320 * 4)
  t.ok((await inputsOf(2)).join('\n') === one.join('\n'), '2 workers')
  t.ok((await inputsOf(4)).join('\n') === one.join('\n'), '4 workers')
})

t.test('a driver that answers at once does not starve the event loop', async (t) => {
  const clock = fakeClock()
  let turns = 0
  let done = false
  const turn = (): void => {
    turns += 1
    if (!done) setImmediate(turn)
  }
  setImmediate(turn)
  await load(
    clock,
    operationOf('noop', () => Promise.resolve()),
    10_000,
    1,
    { slots: 1, closedConcurrency: 1 },
  )
  done = true
  t.ok(turns > 30, `${turns} turns during 10,000 arrivals`)
})

t.test('in durable mode nothing runs before its begin is on disk or counts before its end is', async (t) => {
  const clock = fakeClock()
  const order: string[] = []
  const later = (what: string): Promise<void> =>
    clock.until(clock.nowMicros() + 500).then(() => {
      order.push(what)
    })
  const write = operationOf(
    'write',
    async () => {
      order.push('run')
    },
    { journal: () => ({}), result: () => ({ key: 1, id: 1n }) },
  )
  const report = await load(clock, write, 1, 1, {
    journal: { begin: () => later('begin'), end: () => later('end'), close: () => Promise.resolve() },
    results: { get: () => undefined, set: () => order.push('acknowledged') },
  })
  t.same(order, ['begin', 'run', 'end', 'acknowledged'])
  t.equal(measured(report).outcomes.ok, 1)
  const broken = (): Promise<void> => Promise.reject(new Error('disk full'))
  const journal = { begin: () => undefined, end: broken, close: () => Promise.resolve() }
  await t.rejects(load(fakeClock(), write, 1, 1, { journal }), { message: 'disk full' })
})
