import fc from 'fast-check'
import t from 'tap'
import type { Arrival } from '../../../src/core/operation.ts'
import type { ShapePoint } from '../../../src/core/workload.ts'
import { walkArrivals } from '../../../src/engine/arrivals.ts'
import { decideSamples, samplesNeeded } from '../../../src/engine/samples.ts'
import type { SampleRequest } from '../../../src/engine/samples.ts'
import { counts } from '../../../src/engine/schedule.ts'
import type { SchedulePlan } from '../../../src/engine/schedule.ts'
import { planOf } from './drivers.ts'

interface Step {
  readonly atMicros: number
  readonly operation: number
  readonly arrival: Arrival
}

/** tap's comparison of thousands of objects takes minutes. */
const text = (value: unknown): string => JSON.stringify(value)

function walk(plan: SchedulePlan, operations: readonly string[], worker = 0, workers = 1): Step[] {
  const walker = walkArrivals(plan, operations, worker, workers)
  const steps: Step[] = []
  while (walker.next())
    steps.push({ atMicros: walker.atMicros, operation: walker.operation, arrival: walker.arrival() })
  return steps
}

const plans = fc.record({
  seed: fc.nat(),
  process: fc.constantFrom('poisson' as const, 'uniform' as const),
  warmupSeconds: fc.constantFrom(0, 0.5, 2),
  seconds: fc.integer({ min: 1, max: 5 }),
  rates: fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 4 }),
})

t.test('arrivals are sorted, numbered without a gap, exact in number and inside their window', async (t) => {
  fc.assert(
    fc.property(plans, ({ seed, process, warmupSeconds, seconds, rates }) => {
      const names = rates.map((_, index) => `operation ${index}`)
      const plan = {
        ...planOf(
          Object.fromEntries(names.map((name, index) => [name, rates[index] ?? 0])),
          seconds,
          process,
          warmupSeconds,
        ),
        seed,
      }
      const steps = walk(plan, names)
      let before = -1
      for (const [index, { arrival, atMicros, operation }] of steps.entries()) {
        const start = arrival.phase === 'warmup' ? 0 : warmupSeconds * 1e6
        const length = (arrival.phase === 'warmup' ? warmupSeconds : seconds) * 1e6
        if (atMicros < before || arrival.number !== index || operation < 0) return false
        if (atMicros !== start + arrival.offsetMicros || arrival.offsetMicros >= length) return false
        before = atMicros
      }
      return counts(plan).every(
        ({ phase, operation, scheduled }) =>
          steps.filter((step) => step.arrival.phase === phase && names[step.operation] === operation)
            .length === scheduled,
      )
    }),
    { numRuns: 100 },
  )
  t.pass('for 100 plans')
})

t.test('one seed gives one sequence of arrivals and choices whatever the number of workers', async (t) => {
  const plan = planOf({ read: 500, write: 40, rare: 0.7 }, 10, 'poisson', 2)
  const names = ['read', 'write', 'rare']
  const whole = walk(plan, names)
  for (const workers of [2, 4, 7]) {
    const shares = Array.from({ length: workers }, (_, worker) => walk(plan, names, worker, workers))
    t.ok(
      shares.every((share) => Math.abs(share.length - whole.length / workers) < 1),
      `${workers} workers share evenly`,
    )
    // As text: comparing thousands of objects one by one takes minutes.
    t.equal(
      JSON.stringify(shares.flat().toSorted((left, right) => left.arrival.number - right.arrival.number)),
      JSON.stringify(whole),
      `${workers} workers`,
    )
  }
  t.ok(text(walk({ ...plan, seed: 43 }, names)) !== text(whole), 'another seed gives another sequence')
  t.equal(new Set(whole.map(({ arrival }) => arrival.random)).size, whole.length, 'choices are all different')
})

t.test('counts are exact: N is the rounded product of rate, window and mean factor', async (t) => {
  const streams = [
    { operation: 'a', stream: 'mix' as const, perSecond: 833.3 },
    { operation: 'a', stream: 'probe' as const, perSecond: 0.24 },
    {
      operation: 'b',
      stream: 'surge' as const,
      perSecond: 10,
      shape: [
        { at: 0, factor: 0 },
        { at: 1, factor: 3 },
      ],
    },
  ]
  const plan: SchedulePlan = {
    seed: 1,
    process: 'poisson',
    phases: [{ phase: 'measure', seconds: 30, streams }],
  }
  t.same(
    counts(plan).map(({ scheduled }) => scheduled),
    [24_999, 7, 450],
  )
})

t.test('Poisson gaps vary as those of independent callers, uniform ones do not', async (t) => {
  const gaps = (process: 'poisson' | 'uniform'): number => {
    const at = walk(planOf({ a: 1000 }, 20, process), ['a']).map(({ atMicros }) => atMicros)
    const all = at.slice(1).map((micros, index) => micros - (at[index] ?? 0))
    const mean = all.reduce((sum, gap) => sum + gap, 0) / all.length
    return Math.sqrt(all.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / all.length) / mean
  }
  const spread = gaps('poisson')
  t.ok(spread > 0.95 && spread < 1.05, `the coefficient of variation is ${spread}, near 1`)
  t.equal(gaps('uniform'), 0)
})

t.test('a shape moves arrivals to where the cumulative rate puts them', async (t) => {
  const shaped = (process: 'poisson' | 'uniform', shape: readonly ShapePoint[]): number[] => {
    const plan: SchedulePlan = {
      seed: 7,
      process,
      phases: [
        {
          phase: 'measure',
          seconds: 10,
          streams: [{ operation: 'a', stream: 'mix', perSecond: 1000, shape }],
        },
      ],
    }
    const offsets = walk(plan, ['a']).map(({ arrival }) => arrival.offsetMicros)
    t.ok(text(offsets) === text(offsets.toSorted((left, right) => left - right)), `${process}: sorted`)
    return offsets
  }
  const ramp = [
    { at: 0, factor: 0 },
    { at: 1, factor: 2 },
  ]
  for (const process of ['poisson', 'uniform'] as const) {
    const offsets = shaped(process, ramp)
    t.equal(offsets.length, 10_000)
    const firstHalf = offsets.filter((offset) => offset < 5e6).length
    t.ok(Math.abs(firstHalf - 2500) < 150, `a ramp puts a quarter of them in the first half: ${firstHalf}`)
  }
  const burst = [
    { at: 0.4, factor: 1 },
    { at: 0.4, factor: 5 },
    { at: 0.6, factor: 5 },
    { at: 0.6, factor: 1 },
  ]
  const offsets = shaped('uniform', burst)
  t.equal(offsets.length, 18_000)
  t.equal(offsets.filter((offset) => offset >= 4e6 && offset < 6e6).length, 10_000, 'a step is a step')
  const pause = shaped('uniform', [
    { at: 0.2, factor: 1 },
    { at: 0.3, factor: 0 },
    { at: 0.7, factor: 0 },
    { at: 0.8, factor: 1 },
  ])
  t.equal(
    pause.filter((offset) => offset > 3.05e6 && offset < 6.95e6).length,
    0,
    'none where the factor is 0',
  )
})

const request: SampleRequest = {
  operations: [{ name: 'read', perSecond: 100, targets: [{ percentile: 99, belowMs: 300 }] }],
  flows: [],
  defaultSeconds: 30,
  maxSeconds: 60,
}

t.test('the sample rule', async (t) => {
  t.equal(samplesNeeded(99), 1000)
  t.equal(samplesNeeded(99.9), 10_000)
  t.equal(samplesNeeded(50), 20)
  t.equal(samplesNeeded('max'), 1)

  t.same(decideSamples(request), { seconds: 30, probes: [] }, 'the default window stands when it is enough')
  t.same(
    decideSamples({ ...request, defaultSeconds: 5 }),
    { seconds: 11, probes: [] },
    'it stretches when a longer one within the limit is enough',
  )

  const rare = { name: 'rare', perSecond: 1, targets: [{ percentile: 99, belowMs: 100 }] }
  const probed = decideSamples({ ...request, operations: [...request.operations, rare] })
  t.equal(probed.seconds, 30, 'it does not stretch for an operation that no window within the limit decides')
  t.equal(probed.probes[0]?.operation, 'rare')
  const all = (1 + (probed.probes[0]?.perSecond ?? 0)) * probed.seconds
  t.ok(all >= 1000 && all < 1010, `probes fill up what is missing: ${all}`)

  const part = {
    name: 'feed',
    perSecond: 100,
    targets: [{ part: 'cold', percentile: 99, belowMs: 300 }],
    parts: { cold: { expectedShare: 0.05 } },
  }
  const parted = decideSamples({ ...request, operations: [part] })
  const cold = (100 + (parted.probes[0]?.perSecond ?? 0)) * parted.seconds * 0.05
  t.ok(cold > 1100 && cold < 1200, `a part's samples are drawn, so they get a margin: ${cold}`)
})

t.test('a window that cannot decide a target is refused with one that can', async (t) => {
  t.throws(() => decideSamples({ ...request, explicitSeconds: 5 }), {
    exitCode: 2,
    message: /read p99 cannot be decided in 5 s: 500 of 1,000/,
    hint: /--duration 11s would do/,
  })
  t.same(decideSamples({ ...request, explicitSeconds: 11 }), { seconds: 11, probes: [] })
  const flow = { name: 'fanout', perSecond: 2, targets: [{ percentile: 99, belowMs: 1000 }] }
  t.throws(() => decideSamples({ ...request, flows: [flow] }), {
    exitCode: 2,
    message: /fanout p99/,
    hint: /--max-duration 564s would do/,
  })
  t.throws(() => decideSamples({ ...request, flows: [{ ...flow, perSecond: 0 }] }), {
    message: /fanout/,
    hint: /its rate is 0/,
  })
  const unknown = {
    ...request.operations[0],
    name: 'read',
    perSecond: 1,
    targets: [{ part: 'x', percentile: 50, belowMs: 1 }],
  }
  t.throws(() => decideSamples({ ...request, operations: [unknown] }), { message: /no part 'x'/ })
})
