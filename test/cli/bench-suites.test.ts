import { Command } from 'commander'
import t from 'tap'
import { registerBenchFlags } from '../../src/commands/shared/bench-flags.ts'
import type { BenchFlags } from '../../src/commands/shared/bench-flags.ts'
import { readBenchOptions } from '../../src/commands/shared/bench-options.ts'
import type { Suite } from '../../src/core/suite.ts'
import type { Workload } from '../../src/core/workload.ts'
import { chosenStrategies } from '../../src/session/bench.ts'
import type { BenchOptions } from '../../src/session/bench-options.ts'
import { chosenStores, furtherStores } from '../../src/session/chosen-stores.ts'
import { planRun } from '../../src/session/plan.ts'
import { offeredTraffic } from '../../src/session/traffic.ts'
import { sampleWorkload } from '../helpers/sample-workload.ts'

const traffic: Suite = {
  description: 'what comes in',
  stores: ['postgres'],
  variants: ['fixed', 'as-written'],
  operations: ['like.add'],
  flows: [],
  roles: [],
}
const queries: Suite = {
  description: 'what is asked',
  stores: ['redis'],
  variants: ['fixed'],
  population: 5_000,
  operations: [],
  flows: [],
  roles: [],
  audits: [],
  queries: {
    queries: [],
    protocol: 'cold, then twice hot',
    load: () => Promise.resolve({ changed: false, summary: 'nothing' }),
    open: () => Promise.reject(new Error('it has no stores')),
  },
}
const live: Suite = {
  ...traffic,
  variants: ['fixed'],
  strategies: {
    hot: {
      description: 'who answers',
      values: ['here', 'there'],
      default: 'here',
      stores: { there: ['pinot'] },
    },
  },
}
const whole = sampleWorkload()
const divided: Workload = { ...whole, suites: { ingest: traffic, live, history: queries } }

function options(workload: Workload, ...args: readonly string[]): BenchOptions {
  const command = registerBenchFlags(new Command('bench').exitOverride())
  command.parse(['sample', ...args], { from: 'user' })
  return readBenchOptions([workload], command.opts<BenchFlags>(), '/home/user')
}

function only({ workloads }: BenchOptions): Workload {
  const [workload] = workloads
  if (workload === undefined) throw new Error('no workload')
  return workload
}

t.test('--suite narrows a case to the operations, flows, roles and stores of that part', async (t) => {
  const workload = only(options(divided, '--suite', 'ingest'))
  t.match(workload.suite, { name: 'ingest' })
  t.same(
    workload.operations.map(({ name }) => name),
    ['like.add'],
  )
  t.same(workload.flows, [])
  t.same(workload.stores, ['postgres'])
  t.equal(workload.defaults.population, 20_000)
})

t.test('without the flag the first suite runs; a case without suites is one whole', async (t) => {
  t.match(only(options(divided)).suite, { name: 'ingest' })
  t.equal(only(options(whole)), whole)
})

t.test('a suite of queries has its own population, and no traffic to plan', async (t) => {
  const chosen = options(divided, '--suite', 'history')
  const workload = only(chosen)
  t.equal(workload.defaults.population, 5_000)
  t.match(planRun(workload, offeredTraffic(workload, chosen), chosen), {
    warmupSeconds: 0,
    measureSeconds: 0,
    schedule: { phases: [] },
  })
})

t.test('a suite that is none, and flags that it has no use for, are usage errors', async (t) => {
  const wrong: readonly (readonly [Workload, readonly string[], RegExp])[] = [
    [divided, ['--suite', 'histroy'], /no suite of sample 'histroy': did you mean 'history'/],
    [divided, ['--suite', 'constructor'], /no suite of sample 'constructor'/],
    [whole, ['--suite', 'history'], /--suite history: sample is one whole/],
    [divided, ['--suite', 'history', '--duration', '5s'], /contradiction: --duration with --suite history/],
    [
      divided,
      ['--suite', 'history', '--max-duration', '5m', '--rate', '5/s', '--workers', '2'],
      /contradiction: --max-duration, --rate, --workers with/,
    ],
    [divided, ['--suite', 'history', '--variant', 'both'], /--variant both .* for fixed only/],
    [divided, ['--suite', 'live', '--variant', 'as-written'], /--variant as-written .* for fixed only/],
    [divided, ['--strategy', 'hot=there'], /'hot' is a strategy of --suite live alone/],
    [divided, ['--suite', 'history', '--strategy', 'hot=there'], /'hot' is a strategy of --suite live alone/],
    [divided, ['--suite', 'live', '--strategy', 'hot=nowhere'], /no value of hot 'nowhere'/],
    [divided, ['--suite', 'ingest', '--rate', 'feed.read=5/s'], /no operation 'feed.read'/],
  ]
  for (const [workload, args, message] of wrong)
    t.throws(() => options(workload, ...args), { exitCode: 2, message }, args.join(' '))
})

t.test(
  'a store that a strategy of a suite needs is started where it is chosen, and only there',
  async (t) => {
    const storesBy = (...args: readonly string[]): readonly string[] => {
      const chosen = options(divided, '--suite', ...args)
      const workload = only(chosen)
      const { fixed } = workload.variants
      return chosenStores(workload, fixed, chosenStrategies(fixed, chosen.strategies))
    }
    t.same(storesBy('live'), ['postgres'])
    t.same(storesBy('live', '--strategy', 'hot=here'), ['postgres'])
    t.same(storesBy('live', '--strategy', 'hot=there'), ['postgres', 'pinot'])
    t.same(storesBy('ingest'), ['postgres'])
    t.same(furtherStores(divided), ['pinot'], 'which arch doctor looks at where it runs')
  },
)
