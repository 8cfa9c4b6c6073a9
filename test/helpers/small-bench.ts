// A whole run of the social case, small and short: the real stores, roles and load workers, without the targets, whose
// samples a window of seconds could not decide.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Result } from '../../src/core/result.ts'
import type { Workload } from '../../src/core/workload.ts'
import type { Progress } from '../../src/core/population.ts'
import { openHome } from '../../src/machine/home.ts'
import { runBench } from '../../src/session/bench.ts'
import type { BenchOptions } from '../../src/session/bench-options.ts'
import { readInstance } from '../../src/session/instance.ts'
import { solo } from '../../src/session/turns.ts'
import { upStores } from '../../src/session/up.ts'
import { workload as social } from '../../src/workloads/social/index.ts'
import { childrenOf } from './processes.ts'
import { removeHome, temporaryHome } from './homes.ts'

const untargeted: Workload = {
  ...social,
  operations: social.operations.map((operation) => ({ ...operation, targets: [] })),
  flows: social.flows.map((flow) => ({ ...flow, targets: [] })),
  notes: (scheduled, { size }) => [`${scheduled['follow.add']} follows among ${size} users`],
  variants: {
    ...social.variants,
    // Among 1,000 users there is no author that feeds would merge at read.
    fixed: {
      ...social.variants.fixed,
      audits: social.variants.fixed.audits.filter(({ name }) => name !== 'feeds.celebrity-merged'),
    },
  },
}

/** What a test changes of a small run, and how it watches it. */
export interface SmallBench {
  /** ARCH_HOME of the run. */
  readonly home: string
  readonly signal?: AbortSignal
  readonly options?: Partial<BenchOptions>
  readonly progress?: Progress
  /** Told each line that stays. */
  readonly line?: (text: string) => void
}

/** A run that has ended, and the folder of its journal. */
export interface SmallRun {
  readonly result: Result
  readonly folder: string
}

/** A folder for the journals and logs of a run; removed with the test. */
async function runFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'arch-run-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A home with stores that run until the end of the test. */
export async function homeWithStores(): Promise<string> {
  const home = await temporaryHome()
  t.teardown(() => removeHome(home))
  await upStores(['postgres', 'redis'], { provider: 'native', topology: 'single', home })
  return home
}

/** kill -9 of the process of a store. */
export async function killStore(home: string, store: string): Promise<void> {
  const instance = await readInstance(await openHome(home, {}), store)
  if (instance?.process === undefined) throw new Error(`${store} does not run`)
  process.kill(instance.process.pid, 'SIGKILL')
}

/** The live role processes of runs in this process. */
export async function roleProcesses(): Promise<readonly number[]> {
  const children = await childrenOf(process.pid)
  return children.filter(({ command }) => command.includes('role-process')).map(({ pid }) => pid)
}

/** Why a run ended as it did, a line each. */
export const reasonsOf = (result: Result): string => result.reasons.map(({ reason }) => reason).join('\n')

/**
 * Runs 1/30000 of the documented rates over 1,000 users, which a starved machine answers too: 1 s of warm-up and 2 s of
 * window, unless changed.
 */
export async function smallBench(bench: SmallBench): Promise<SmallRun> {
  const folder = await runFolder()
  const options: BenchOptions = {
    workloads: [untargeted],
    scale: 1 / 30_000,
    population: 1_000,
    totalRate: undefined,
    // At the documented rates there would be too few for the audits.
    rates: [
      { operation: 'follow.add', perSecond: 20 },
      { operation: 'post.create', perSecond: 2 },
    ],
    profile: 'steady',
    suite: undefined,
    durationSeconds: 2,
    warmupSeconds: 1,
    maxDurationSeconds: undefined,
    arrival: 'poisson',
    loop: 'open',
    concurrency: undefined,
    variant: 'fixed',
    strategies: {},
    targets: [],
    workers: 1,
    seed: 42,
    provider: 'native',
    topology: 'single',
    out: folder,
    formats: ['json'],
    json: false,
    ...bench.options,
  }
  const result = await runBench(
    { workload: untargeted, variant: 'fixed', options, folder, turn: solo },
    {
      arch: { version: '0.0.0', commit: null },
      env: { ...process.env, ARCH_HOME: bench.home },
      signal: bench.signal ?? new AbortController().signal,
      progress: bench.progress ?? ((): void => undefined),
      line: bench.line ?? ((): void => undefined),
      now: () => new Date(),
    },
  )
  return { result, folder }
}

/** A small run in which `act` is called the first time that a step is reported. */
export function benchWith(step: string, act: () => unknown, bench: SmallBench): Promise<SmallRun> {
  let done = false
  return smallBench({
    ...bench,
    progress(name) {
      if (done || name !== step) return
      done = true
      act()
    },
  })
}
