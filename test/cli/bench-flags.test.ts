import { Command } from 'commander'
import t from 'tap'
import { registerBenchFlags } from '../../src/commands/shared/bench-flags.ts'
import type { BenchFlags } from '../../src/commands/shared/bench-flags.ts'
import { readBenchOptions } from '../../src/commands/shared/bench-options.ts'
import { ArchError } from '../../src/core/errors.ts'
import type { BenchOptions } from '../../src/session/bench-options.ts'
import { sampleWorkload } from '../helpers/sample-workload.ts'

const workload = sampleWorkload()

function options(...args: readonly string[]): BenchOptions {
  const command = registerBenchFlags(new Command('bench').exitOverride())
  command.parse(['sample', ...args], { from: 'user' })
  return readBenchOptions([workload], command.opts<BenchFlags>(), '/home/user')
}

t.test('without flags, everything that the workload decides is undefined', async (t) => {
  t.same(options(), {
    workloads: [workload],
    scale: undefined,
    population: undefined,
    totalRate: undefined,
    rates: [],
    profile: 'steady',
    suite: undefined,
    durationSeconds: undefined,
    warmupSeconds: undefined,
    maxDurationSeconds: undefined,
    arrival: 'poisson',
    loop: 'open',
    concurrency: undefined,
    variant: 'fixed',
    strategies: {},
    targets: [],
    workers: 1,
    seed: 42,
    provider: 'auto',
    topology: 'single',
    out: '/home/user/reports',
    formats: ['json', 'console'],
    json: false,
  })
})

t.test('every flag is understood in its own notation', async (t) => {
  const line =
    '--scale 1/200 --population 20K --rate 2000/s --rate feed.read=500/s --profile viral --duration 1m --warmup 0s ' +
    '--max-duration 5m --arrival uniform --variant both --strategy fanout=push --strategy threshold=code ' +
    '--workers 2 --seed 7 --provider native --out ../runs --format json --json'
  const all = options(
    ...line.split(' '),
    '--target',
    'feed.fanout max<1s',
    '--target',
    'feed.read/cold p99<200ms',
  )
  t.match(all, {
    scale: 1 / 200,
    population: 20_000,
    totalRate: 2_000,
    rates: [{ operation: 'feed.read', perSecond: 500 }],
    profile: 'viral',
    durationSeconds: 60,
    warmupSeconds: 0,
    maxDurationSeconds: 300,
    arrival: 'uniform',
    variant: 'both',
    strategies: { fanout: 'push', threshold: 'code' },
    workers: 2,
    seed: 7,
    provider: 'native',
    out: '/home/runs',
    json: true,
  })
  t.same(all.formats, ['json'])
  t.same(all.targets, [
    { name: 'feed.fanout', percentile: 'max', belowMs: 1_000 },
    { name: 'feed.read', part: 'cold', percentile: 99, belowMs: 200 },
  ])
  t.match(options('--loop', 'closed', '--concurrency', '50'), { loop: 'closed', concurrency: 50 })
})

t.test('a wrong value is a usage error that names the flag and what would do', async (t) => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--scale', '-1'], /--scale '-1'.*1\/1000/],
    [['--scale', '1/0'], /--scale '1\/0'.*1\/1000/],
    [['--scale', '1000'], /--scale '1000'.*up to 10/],
    [['--population', '0'], /--population '0'.*20K/],
    [['--population', '1000M'], /--population 1000M is more than the documented 500,000,000 users of sample/],
    [['--rate', '5'], /--rate '5'.*833\/s/],
    [['--rate', 'feed.raed=5/s'], /did you mean 'feed.read'/],
    [['--rate', '5/s', '--rate', '6/s'], /contradiction: --rate sets the total twice/],
    [['--rate', 'feed.read=5/s', '--rate', 'feed.read=5/s'], /contradiction: --rate sets feed.read twice/],
    [['--rate', '5/s', '--rate', 'feed.read=6/s'], /contradiction: .* exceed the total/],
    [['--profile', 'vrial'], /--profile.*did you mean 'viral'/],
    [['--duration', '30'], /--duration '30'.*30s/],
    [['--duration', '0s'], /--duration '0s'/],
    [['--duration', '9999h'], /--duration '9999h'.*7 days/],
    [
      ['--duration', '10m', '--max-duration', '5m'],
      /contradiction: --duration 10m is longer than --max-duration 5m/,
    ],
    [['--warmup', '-1s'], /--warmup '-1s'/],
    [['--max-duration', 'NaN'], /--max-duration 'NaN'/],
    [['--arrival', 'possion'], /--arrival.*did you mean 'poisson'/],
    [['--loop', 'half'], /--loop 'half' is unknown/],
    [['--loop', 'closed'], /contradiction: --loop closed needs --concurrency/],
    [['--loop', 'closed', '--concurrency', '0'], /--concurrency '0'.*from 1/],
    [
      ['--loop', 'closed', '--concurrency', '5', '--arrival', 'poisson'],
      /contradiction: .* no arrival process/,
    ],
    [['--loop', 'closed', '--concurrency', '5', '--rate', '5/s'], /contradiction: .* no rate/],
    [['--concurrency', '5'], /contradiction: --concurrency belongs to a closed loop/],
    [['--variant', 'fixd'], /--variant.*did you mean 'fixed'/],
    [['--strategy', 'fanout'], /--strategy 'fanout'.*fanout=hybrid/],
    [['--strategy', 'fanuot=push'], /did you mean 'fanout'/],
    [['--strategy', 'fanout=psh'], /did you mean 'push'/],
    [['--strategy', 'threshold=code'], /no strategy of variant fixed 'threshold'/],
    [['--strategy', 'constructor=push'], /no strategy of variant fixed 'constructor'/],
    [
      ['--strategy', 'fanout=push', '--strategy', 'fanout=pull'],
      /contradiction: --strategy fanout is both push and pull/,
    ],
    [['--target', 'feed.read<200ms'], /--target 'feed.read<200ms'.*feed.read p99<200ms/],
    [['--target', 'feed.raed p99<200ms'], /did you mean 'feed.read'/],
    [['--target', 'feed.read/clod p99<200ms'], /did you mean 'cold'/],
    [['--target', 'like.add/cold p99<50ms'], /no part of like.add 'cold'/],
    [['--target', 'feed.read p99<400ms'], /looser than the model's 300ms/],
    [['--workers', '0'], /--workers '0'.*from 1 to 64/],
    [['--workers', '1e9'], /--workers '1e9'/],
    [['--seed', '-1'], /--seed '-1'/],
    [['--seed', '9007199254740993'], /--seed '9007199254740993'/],
    [['--provider', 'podman'], /--provider 'podman' is unknown/],
    [['--topology', 'singel'], /did you mean 'single'/],
    [['--topology', 'kafka=clutser'], /did you mean 'cluster'/],
    [['--topology', 'kafka=cluster'], /store 'kafka' is not used here: there is postgres/],
    [['--topology', 'postgrse=cluster'], /did you mean 'postgres'/],
    [['--topology', '=cluster'], /--topology has '=cluster'/],
    [['--format', 'json,htlm'], /--format 'htlm' is unknown/],
    [['--out', ''], /--out '' is no folder/],
  ]
  for (const [args, message] of wrong) {
    try {
      options(...args)
      t.fail(`accepted ${args.join(' ')}`)
    } catch (failure) {
      if (!(failure instanceof ArchError)) throw failure
      t.match(failure.message, message, args.join(' '))
      t.equal(failure.exitCode, 2)
      t.not(failure.hint, '')
    }
  }
})
