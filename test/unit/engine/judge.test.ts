import t from 'tap'
import { OperationFailure, Refusal } from '../../../src/core/errors.ts'
import { decideVerdict } from '../../../src/core/exit.ts'
import { assumed } from '../../../src/core/model.ts'
import type { AnyOperation, Target } from '../../../src/core/operation.ts'
import { runLoad } from '../../../src/engine/dispatch.ts'
import { encode, newHistogram, record } from '../../../src/engine/histogram.ts'
import { FINE_BUCKETS, fineBucket } from '../../../src/engine/interval.ts'
import { judgeRun } from '../../../src/engine/judge.ts'
import type { JudgedRun, Judgement } from '../../../src/engine/judge.ts'
import { watchdogLate } from '../../../src/engine/judge-targets.ts'
import { mergeReports } from '../../../src/engine/merge.ts'
import type { LoadOptions } from '../../../src/engine/options.ts'
import type { WatchdogReport } from '../../../src/engine/watchdog.ts'
import { operationOf, optionsOf, planOf } from './drivers.ts'
import type { TestOperation } from './drivers.ts'
import { fakeClock } from './fake-clock.ts'
import type { FakeClock } from './fake-clock.ts'

/** A watchdog that woke `lateMicros` late all the time. */
function watchdog(lateMicros: number): WatchdogReport {
  const buckets = Array.from({ length: FINE_BUCKETS }, () => 0)
  buckets[fineBucket(lateMicros)] = 10_000
  return { buckets, maxMicros: lateMicros, suspensions: 0 }
}

const ON_TIME = watchdog(80)
const p99: Target = { percentile: 99, belowMs: 100 }

interface Driven {
  readonly clock: FakeClock
  readonly operation: AnyOperation
  readonly options?: Partial<LoadOptions>
  readonly judged?: Partial<JudgedRun>
}

/** Drives an operation at 200/s for 10 s (2,000 samples) and judges what came of it. */
async function judge({ clock, operation, options = {}, judged = {} }: Driven): Promise<Judgement> {
  const plan = planOf({ [operation.name]: 200 }, 10)
  const report = await clock.drive(runLoad({ ...optionsOf(clock, [operation], plan), ...options }))
  const [merged] = mergeReports(plan, [operation.name], 'measure', [report])
  if (merged === undefined) throw new RangeError('nothing merged')
  return judgeRun({
    operations: [{ operation, report: merged }],
    flows: [],
    watchdog: ON_TIME,
    measureSeconds: 10,
    closedLoop: options.closedConcurrency !== undefined,
    interrupted: report.interrupted,
    deadWorkers: 0,
    ...judged,
  })
}

const verdictOf = ({ reasons }: Judgement): string => decideVerdict(reasons.map(({ verdict }) => verdict))
const reasonsOf = ({ reasons }: Judgement): string => reasons.map(({ reason }) => reason).join('\n')

function sleeping(clock: FakeClock, micros: number, more: Partial<TestOperation> = {}): AnyOperation {
  return operationOf('driver', () => clock.until(clock.nowMicros() + micros), { targets: [p99], ...more })
}

t.test('a driver that keeps its targets passes', async (t) => {
  const clock = fakeClock()
  const judgement = await judge({ clock, operation: sleeping(clock, 5_000) })
  t.same(judgement.reasons, [])
  t.match(judgement.operations, [
    [{ met: true, metLessDispatchLag: true, decided: true, samples: 2000, needed: 1000 }],
  ])
})

t.test('a slow driver fails', async (t) => {
  const clock = fakeClock()
  const judgement = await judge({ clock, operation: sleeping(clock, 150_000) })
  t.equal(verdictOf(judgement), 'FAIL')
  t.match(reasonsOf(judgement), /driver p99 < 100 ms: 150/)
})

t.test(
  'a driver with too few slots fails: waiting counts, and so does what the window did not achieve',
  async (t) => {
    const clock = fakeClock()
    const judgement = await judge({ clock, operation: sleeping(clock, 10_000), options: { slots: 1 } })
    t.equal(verdictOf(judgement), 'FAIL')
    t.match(reasonsOf(judgement), /offered arrivals were answered in the window/)
  },
)

t.test('a driver that drops or times out fails, however fast its answers are', async (t) => {
  const clock = fakeClock()
  let calls = 0
  const operation = operationOf(
    'driver',
    () => ((calls += 1) > 1900 ? new Promise(() => undefined) : Promise.resolve()),
    {
      targets: [{ percentile: 50, belowMs: 100 }],
    },
  )
  const dropping = await judge({ clock, operation, options: { slots: 10 } })
  t.equal(verdictOf(dropping), 'FAIL')
  t.match(reasonsOf(dropping), /100 of 2,000 failed, over the error budget of 0.1 %/)
  t.equal(dropping.operations[0]?.[0]?.met, true, 'although its median is met')
})

t.test('failures count as over any bound in percentiles', async (t) => {
  const clock = fakeClock()
  const operation = operationOf(
    'driver',
    (number) =>
      number % 50 === 0 ? Promise.reject(new OperationFailure('conflict', 'x')) : Promise.resolve(number),
    { targets: [p99, { percentile: 50, belowMs: 100 }, { percentile: 'max', belowMs: 100 }] },
  )
  const judgement = await judge({ clock, operation })
  t.match(judgement.operations[0], [
    { met: false, observedMs: undefined },
    { met: true },
    { met: false, observedMs: undefined },
  ])
})

t.test('a driver that refuses everything fails, unless the model expects refusals', async (t) => {
  const clock = fakeClock()
  const refuse = (): Promise<never> => Promise.reject(new Refusal('private'))
  const all = await judge({ clock, operation: operationOf('driver', refuse) })
  t.equal(verdictOf(all), 'FAIL')
  t.match(reasonsOf(all), /driver: 100 % refused, 0 % to 0.1 % expected/)
  const expected = await judge({
    clock: fakeClock(),
    operation: operationOf('driver', refuse, { refusalShare: [0.5, 1] }),
  })
  t.same(expected.reasons, [])
  const none = await judge({
    clock: fakeClock(),
    operation: operationOf('driver', () => Promise.resolve(), { refusalShare: [0.05, 0.1] }),
  })
  t.match(reasonsOf(none), /0 % refused, 5 % to 10 % expected/)
})

t.test('a driver whose own code blocks the event loop fails when the machine was on time', async (t) => {
  const clock = fakeClock()
  const operation = operationOf(
    'driver',
    async (number) => {
      if (number % 400 === 0) clock.block(400_000)
    },
    { targets: [p99] },
  )
  const judgement = await judge({ clock, operation })
  t.equal(verdictOf(judgement), 'FAIL')
  t.match(reasonsOf(judgement), /the application's own event loop was busy/)
  t.match(judgement.operations[0], [{ met: false, metLessDispatchLag: true, decided: true }])
})

t.test('the same lag on a starved machine is undecided, and VOID', async (t) => {
  const clock = fakeClock()
  const operation = operationOf('driver', () => clock.until(clock.nowMicros() + 1000), { targets: [p99] })
  // The machine takes the processor away from the whole process, twenty times.
  const starve = async (): Promise<void> => {
    for (let stall = 0; stall < 20; stall += 1) {
      await clock.until(stall * 500_000)
      clock.block(150_000)
    }
  }
  void starve()
  const judgement = await judge({ clock, operation, judged: { watchdog: watchdog(150_000) } })
  t.equal(verdictOf(judgement), 'VOID')
  t.match(reasonsOf(judgement), /the machine woke too late to tell/)
  t.match(judgement.operations[0], [{ met: false, metLessDispatchLag: true, decided: false }])
})

t.test('late is beyond 5 ms and a tenth of the bound, at the percentile of the target', async (t) => {
  t.equal(watchdogLate(watchdog(4_000), { percentile: 99, belowMs: 10 }), false)
  t.equal(watchdogLate(watchdog(6_000), { percentile: 99, belowMs: 10 }), true)
  t.equal(watchdogLate(watchdog(25_000), { percentile: 99, belowMs: 300 }), false)
  t.equal(watchdogLate(watchdog(35_000), { percentile: 99, belowMs: 300 }), true)
  const rarely = { ...ON_TIME, maxMicros: 900_000 }
  t.equal(watchdogLate(rarely, { percentile: 99, belowMs: 10 }), false)
  t.equal(watchdogLate(rarely, { percentile: 'max', belowMs: 10 }), true)
})

t.test(
  'arrivals that were not offered make VOID on a late machine, FAIL on one that was on time',
  async (t) => {
    const blocked = async (late: number): Promise<Judgement> => {
      const clock = fakeClock()
      const operation = operationOf('driver', async (number) => {
        if (number === 1900) clock.block(1e6)
      })
      return judge({ clock, operation, judged: { watchdog: watchdog(late) } })
    }
    t.match((await blocked(80)).reasons, [{ verdict: 'FAIL', reason: /1,901 of 2,000 scheduled/ }])
    t.match((await blocked(900_000)).reasons, [{ verdict: 'VOID', reason: /1,901 of 2,000 scheduled/ }])
  },
)

t.test('zero samples never pass', async (t) => {
  const clock = fakeClock()
  const plan = planOf({ driver: 0 }, 10)
  const operation = sleeping(clock, 1)
  const report = await clock.drive(runLoad(optionsOf(clock, [operation], plan)))
  const [merged] = mergeReports(plan, ['driver'], 'measure', [report])
  if (merged === undefined) throw new RangeError('nothing merged')
  const run: JudgedRun = {
    operations: [{ operation, report: merged }],
    flows: [],
    watchdog: ON_TIME,
    measureSeconds: 10,
    closedLoop: false,
    interrupted: false,
    deadWorkers: 0,
  }
  const judgement = judgeRun(run)
  t.equal(verdictOf(judgement), 'VOID')
  t.match(judgement.operations[0], [{ met: false, decided: false, undecidedBy: 'too few samples' }])
  t.equal(verdictOf(judgeRun({ ...run, operations: [] })), 'VOID', 'nor does a run without operations')
})

t.test('too few samples are VOID, even when all of them are fast', async (t) => {
  const clock = fakeClock()
  const operation = sleeping(clock, 10, { targets: [{ percentile: 99.9, belowMs: 100 }] })
  const judgement = await judge({ clock, operation })
  t.match(judgement.reasons, [{ verdict: 'VOID', reason: /2,000 of 10,000 samples/ }])
})

t.test(
  'a closed loop, a dead worker and a suspended machine are VOID; an interrupted run says so',
  async (t) => {
    const run = (more: Partial<Driven>): Promise<Judgement> => {
      const clock = fakeClock()
      return judge({ clock, operation: sleeping(clock, 1000), ...more })
    }
    t.equal(verdictOf(await run({ options: { closedConcurrency: 4 } })), 'VOID')
    t.equal(verdictOf(await run({ judged: { deadWorkers: 1 } })), 'VOID')
    t.equal(verdictOf(await run({ judged: { watchdog: { ...ON_TIME, suspensions: 1 } } })), 'VOID')
    t.equal(verdictOf(await run({ judged: { interrupted: true } })), 'INTERRUPTED')
  },
)

t.test('a violated check is CORRUPT', async (t) => {
  const clock = fakeClock()
  const check = { name: 'order', claims: [], defects: [], check: () => ({ message: 'out of order' }) }
  const judgement = await judge({ clock, operation: sleeping(clock, 10, { checks: [check] }) })
  t.equal(verdictOf(judgement), 'CORRUPT')
  t.match(reasonsOf(judgement), /check order: 2,000 of 2,000 violated/)
})

t.test('a part is judged on its own samples and its share of the failures', async (t) => {
  const clock = fakeClock()
  const slowParts = (share: number): AnyOperation =>
    operationOf('driver', (number) => clock.until(clock.nowMicros() + (number % 2 === 0 ? 1000 : 200_000)), {
      part: (number) => (number % 2 === 0 ? 'warm' : 'cold'),
      parts: { warm: { expectedShare: share }, cold: { expectedShare: 1 - share } },
      targets: [
        { ...p99, part: 'warm' },
        { ...p99, part: 'cold' },
      ],
    })
  const judgement = await judge({ clock, operation: slowParts(0.5) })
  t.match(judgement.operations[0], [
    { met: true, samples: 1000 },
    { met: false, samples: 1000 },
  ])
  const failing = operationOf(
    'driver',
    (number) => (number % 40 === 0 ? Promise.reject(new Error('x')) : Promise.resolve(number)),
    { part: () => 'only', parts: { only: { expectedShare: 1 } }, targets: [{ ...p99, part: 'only' }] },
  )
  t.match((await judge({ clock: fakeClock(), operation: failing })).operations[0], [
    { met: false, samples: 2000 },
  ])
})

t.test('a flow that misses ends fails, one whose ends come twice is CORRUPT', async (t) => {
  const latency = newHistogram()
  for (let sample = 0; sample < 2000; sample += 1) record(latency, 50_000)
  const encoded = encode(latency)
  if (encoded === undefined) throw new RangeError('no samples')
  const flow = {
    name: 'fanout',
    claims: [],
    targets: [{ percentile: 99, belowMs: 1000 }],
    rate: assumed(1, 'per second', 'test'),
  }
  const report = { flow: 'fanout', expected: 2000, completed: 2000, missing: 0, doubled: 0, latency: encoded }
  const judgeFlows = (more: Partial<typeof report>, late = ON_TIME): Promise<Judgement> => {
    const clock = fakeClock()
    const flows = [{ flow, report: { ...report, ...more } }]
    return judge({ clock, operation: sleeping(clock, 10), judged: { flows, watchdog: late } })
  }
  t.same((await judgeFlows({})).reasons, [])
  const missing = await judgeFlows({ completed: 1900, missing: 100 })
  t.equal(verdictOf(missing), 'FAIL')
  t.match(missing.flows[0], [{ met: false, observedMs: undefined }], 'missing ones are over any bound')
  t.equal(verdictOf(await judgeFlows({ doubled: 1 })), 'CORRUPT')
  const starved = await judgeFlows({ completed: 1900, missing: 100 }, watchdog(500_000))
  t.match(starved.flows[0], [{ decided: false }], 'on a starved machine nobody can tell')
})
