import t from 'tap'
import type { Experiment, Readings, RunningExperiment, Trial } from '../../src/core/experiment.ts'
import { closedLoop, percentileOf } from '../../src/patterns/closed-loop.ts'
import { runExperiment } from '../../src/session/experiment.ts'
import { buildPopulation } from '../../src/workloads/commerce/population/build.ts'
import { demandOf, PATTERNS } from '../../src/workloads/commerce/experiments/checkout/demand.ts'
import { planHolds, withHolds } from '../../src/workloads/commerce/fixed/checkout/saga-plan.ts'
import type { StockHint } from '../../src/workloads/commerce/fixed/checkout/saga-plan.ts'
import { sampleExperiment } from '../helpers/sample-workload.ts'

function recorder(answer: (trial: Trial) => Readings): { running: RunningExperiment; asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    running: {
      measure(trial) {
        asked.push(`${trial.pattern} ${trial.row} ${trial.round}`)
        return Promise.resolve(answer(trial))
      },
      close: () => Promise.resolve(),
    },
  }
}

const OPTIONS = { clients: 2, perClient: 3, rounds: 3, seed: 1, onTrial: () => undefined }

t.test('rows take turns, there and back, pattern after pattern', async (t) => {
  const { running, asked } = recorder(() => ({}))
  await runExperiment(sampleExperiment(), running, { ...OPTIONS, signal: new AbortController().signal })
  const turns = ['old 0', 'new 0', 'new 1', 'old 1', 'old 2', 'new 2']
  t.strictSame(
    asked,
    ['even', 'skewed'].flatMap((pattern) => turns.map((turn) => `${pattern} ${turn}`)),
  )
})

t.test('a row is the median of its rounds, with the lowest and the highest', async (t) => {
  const done = [30, 10, 20]
  const { running } = recorder(({ round }) => ({ done: done[round] ?? 0 }))
  const rows = await runExperiment(sampleExperiment(), running, {
    ...OPTIONS,
    signal: new AbortController().signal,
  })
  t.equal(rows.length, 4)
  t.match(rows[0], {
    pattern: 'even',
    row: 'old',
    rounds: 3,
    readings: { done: { median: 20, lowest: 10, highest: 30 } },
  })
  const even: Experiment = { ...sampleExperiment() }
  const [two] = await runExperiment(even, running, {
    ...OPTIONS,
    rounds: 2,
    signal: new AbortController().signal,
  })
  t.match(two?.readings['done'], { median: 20, lowest: 10, highest: 30 }, 'of two the mean')
})

t.test(
  'a pattern may have rows and columns of its own, looked at once; a figure that is missing is no zero',
  async (t) => {
    const { running, asked } = recorder(({ row }) => (row === 'whole' ? { bytes: 7 } : {}))
    const [, skewed] = sampleExperiment().patterns
    const sizes = {
      name: 'sizes',
      description: '',
      once: true,
      rows: ['whole', 'part'].map((name) => ({ name, description: '' })),
      columns: [{ name: 'bytes', title: 'bytes', kind: 'rate', spread: false, dispensable: 0 } as const],
    }
    const experiment = { ...sampleExperiment(), patterns: [sizes, ...(skewed === undefined ? [] : [skewed])] }
    const seen: number[] = []
    const rows = await runExperiment(experiment, running, {
      ...OPTIONS,
      signal: new AbortController().signal,
      onTrial: (_done, total) => seen.push(total),
    })
    t.same(asked.slice(0, 2), ['sizes whole 0', 'sizes part 0'])
    t.same([asked.length, seen[0]], [8, 8])
    t.match(rows[0], { row: 'whole', rounds: 1, readings: { bytes: { median: 7 } } })
    t.strictSame(rows[1]?.readings, {})
  },
)

t.test('a trial that fails because of an interruption is left out; any other failure ends it', async (t) => {
  const interrupt = new AbortController()
  const { running } = recorder(() => {
    interrupt.abort()
    throw new Error('broken off')
  })
  const failing = { ...running, measure: async (trial: Trial) => running.measure(trial) }
  t.same(await runExperiment(sampleExperiment(), failing, { ...OPTIONS, signal: interrupt.signal }), [])
  const { signal } = new AbortController()
  await t.rejects(runExperiment(sampleExperiment(), failing, { ...OPTIONS, signal }), /broken off/)
})

t.test('a column of totals adds its rounds, and keeps the extremes of single ones', async (t) => {
  const done = [30, 10, 20]
  const { running } = recorder(({ round }) => ({ done: done[round] ?? 0 }))
  const sample = sampleExperiment()
  const columns = sample.columns.map((column) => ({ ...column, over: 'total' as const }))
  const signal = new AbortController().signal
  const [row] = await runExperiment({ ...sample, columns }, running, { ...OPTIONS, signal })
  t.match(row?.readings['done'], { median: 60, lowest: 10, highest: 30 })
})

t.test('an interruption keeps the trials that have ended, and no half one', async (t) => {
  const interrupt = new AbortController()
  const { running, asked } = recorder(({ row, round }) => {
    if (row === 'new' && round === 1) interrupt.abort()
    return { done: 1 }
  })
  const rows = await runExperiment(sampleExperiment(), running, { ...OPTIONS, signal: interrupt.signal })
  t.equal(asked.length, 3)
  t.strictSame(
    rows.map(({ pattern, row, rounds }) => [pattern, row, rounds]),
    [
      ['even', 'old', 1],
      ['even', 'new', 1],
    ],
  )
})

t.test(
  'a closed loop does what each client is to do, one after the other, and orders the times',
  async (t) => {
    const seen: string[] = []
    const busy = new Set<number>()
    const { latencies } = await closedLoop(3, 4, new AbortController().signal, async (client, number) => {
      t.notOk(busy.has(client), 'a client does one thing at a time')
      busy.add(client)
      await Promise.resolve()
      busy.delete(client)
      seen.push(`${client} ${number}`)
    })
    t.equal(new Set(seen).size, 12)
    t.strictSame(
      [...latencies],
      [...latencies].toSorted((one, other) => one - other),
    )
    t.equal(percentileOf(Float64Array.of(1, 2, 3, 4), 0.5), 2)
    t.equal(percentileOf(Float64Array.of(1, 2, 3, 4), 0.99), 4)
    t.equal(percentileOf(new Float64Array(), 0.99), 0)
  },
)

t.test(
  'demand of the checkout experiment is the same for every row of a round, three products an order',
  (t) => {
    const population = buildPopulation({ seed: 1, size: 200 })
    const trial = {
      row: '',
      clients: 4,
      perClient: 50,
      seed: 7,
      round: 0,
      signal: new AbortController().signal,
    }
    for (const { name: pattern } of PATTERNS) {
      const one = demandOf(population, { ...trial, pattern })
      const again = demandOf(population, { ...trial, pattern })
      const other = demandOf(population, { ...trial, pattern, round: 1 })
      const orders = Array.from({ length: 200 }, (_, at) => one(at % 4, Math.floor(at / 4)))
      t.strictSame(one(3, 5), again(3, 5))
      t.notSame(one(3, 5), other(3, 5))
      t.equal(new Set(orders.map(({ key }) => key)).size, 200)
      t.ok(orders.every(({ lines }) => new Set(lines.map(({ productId }) => productId)).size === 3))
      const most = (id: bigint): number =>
        orders.filter(({ lines }) => lines.some(({ productId }) => productId === id)).length
      t.equal(most(population.productId(population.scarce)), pattern === 'sellout' ? 200 : 0)
      const first = most(population.productId(population.productOfRank(0)))
      if (pattern === 'hot') t.equal(first, 200)
      if (pattern === 'zipf') t.ok(first > 60 && first < 140, `${first} of 200`)
      if (pattern === 'uniform') t.ok(first < 15, `${first} of 200`)
    }
    t.end()
  },
)

t.test('a saga looks in the nearest warehouse that has all of a line, else in several', (t) => {
  const line = { productId: 1n, quantity: 4, seenPriceMinor: 1n }
  const hints = (...units: readonly number[]): StockHint[] =>
    units.map((each, at) => ({
      product_id: 1n,
      inventory_id: BigInt(at + 10),
      warehouse_id: at + 1,
      units: each,
    }))
  const nearest = [3, 1, 2]
  t.match(planHolds([line], [], hints(9, 9, 4), nearest), [{ inventoryId: 12n, units: 4 }])
  t.match(planHolds([line], [], hints(9, 9, 3), nearest), [{ inventoryId: 10n, units: 4 }])
  t.match(planHolds([line], [], hints(1, 2, 1), nearest), [
    { inventoryId: 12n, units: 1 },
    { inventoryId: 10n, units: 1 },
    { inventoryId: 11n, units: 2 },
  ])
  t.equal(planHolds([line], [], hints(1, 1, 1), nearest), undefined)
  // More of a stock row is asked for in all: repeating the request takes nothing twice.
  const held = [{ line: 1, inventoryId: 12n, warehouseId: 3, units: 3 }]
  const plan = planHolds([line], held, hints(0, 0, 1), nearest)
  t.strictSame(plan, [{ line: 1, inventoryId: 12n, warehouseId: 3, units: 4 }])
  t.strictSame(withHolds(held, plan ?? []), plan)
  t.end()
})
