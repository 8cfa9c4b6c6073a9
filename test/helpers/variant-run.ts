// Whole small runs of a variant of a case, or of a suite of it, on stores that run already.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { VariantName } from '../../src/core/names.ts'
import type { Result } from '../../src/core/result.ts'
import type { Workload } from '../../src/core/workload.ts'
import type { Progress } from '../../src/core/population.ts'
import { runBench } from '../../src/session/bench.ts'
import type { BenchOptions } from '../../src/session/bench-options.ts'
import { solo } from '../../src/session/turns.ts'

/** What a test says of a run, and how it watches it. */
export interface VariantRun {
  readonly home: string
  /** The case, narrowed to the suite if it has any. */
  readonly workload: Workload
  /** Default `fixed`. */
  readonly variant?: VariantName
  readonly options: Pick<BenchOptions, 'population'> & Partial<BenchOptions>
  readonly signal?: AbortSignal
  readonly progress?: Progress
}

/** Runs one variant; its folder is removed with the test. */
export async function runVariant(asked: VariantRun): Promise<Result> {
  const { home, workload, variant = 'fixed' } = asked
  const folder = await mkdtemp(join(tmpdir(), 'arch-run-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const options: BenchOptions = {
    workloads: [workload],
    scale: undefined,
    totalRate: undefined,
    rates: [],
    profile: 'steady',
    suite: workload.suite?.name,
    durationSeconds: undefined,
    warmupSeconds: undefined,
    maxDurationSeconds: undefined,
    arrival: 'poisson',
    loop: 'open',
    concurrency: undefined,
    variant,
    strategies: {},
    targets: [],
    workers: 1,
    seed: 7,
    provider: 'native',
    topology: 'single',
    out: folder,
    formats: ['json'],
    json: false,
    ...asked.options,
  }
  return runBench(
    { workload, variant, options, folder, turn: solo },
    {
      arch: { version: '0.0.0', commit: null },
      env: { ...process.env, ARCH_HOME: home },
      signal: asked.signal ?? new AbortController().signal,
      progress: asked.progress ?? (() => undefined),
      line: () => undefined,
      now: () => new Date(),
    },
  )
}
