import { join } from 'node:path'
import { ArchError, OperationFailure } from '../core/errors.ts'
import type { ProfileName, VariantName } from '../core/names.ts'
import type { AuditResult, QueriesResult, Result } from '../core/result.ts'
import type { StoreEndpoint, StoreFacts, Stores } from '../core/store.ts'
import type { QuerySuite } from '../core/suite.ts'
import type { Variant, Workload } from '../core/workload.ts'
import type { StrategyChoice } from '../core/strategy.ts'
import type { Population, Progress } from '../core/population.ts'
import { journalReader } from '../engine/journal-reader.ts'
import { measureNoise } from '../engine/noise.ts'
import type { NoiseFloor } from '../engine/noise.ts'
import { counts } from '../engine/schedule.ts'
import { assembleResult, assembleUnended } from './assemble.ts'
import type { FinishedRun } from './assemble.ts'
import { runAudits } from './audit.ts'
import type { BenchOptions } from './bench-options.ts'
import { chosenStores } from './chosen-stores.ts'
import { Interrupted, interruptible } from './interrupt.ts'
import { loadAverage } from './machine-facts.ts'
import { measure, nothingMeasured } from './measure.ts'
import type { Measured } from './measure.ts'
import { planRun } from './plan.ts'
import { askQueries } from './queries.ts'
import { steps } from './steps.ts'
import type { Steps } from './steps.ts'
import { inWindow } from './surge.ts'
import { offeredTraffic } from './traffic.ts'
import type { Turn } from './turns.ts'
import { closeStores, upStores } from './up.ts'
import { connectSession, fillStores } from './with-stores.ts'
import { variantOf } from './workloads.ts'

/** What a bench tells the outside while it runs. */
export interface BenchHost {
  readonly arch: Result['arch']
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly progress: Progress
  now(): Date
  /** A line that stays. */
  readonly line: (text: string) => void
}

/** One variant of one case, to be run once. */
export interface BenchRequest {
  readonly workload: Workload
  readonly variant: VariantName
  readonly options: BenchOptions
  /** Where journals and the output of roles go. */
  readonly folder: string
  /** How it shares the machine with a run that it is compared with. */
  readonly turn: Turn
  /** Handed what the run's report is until there is another, before anything starts. */
  readonly begun?: (unended: Result) => Promise<void>
}

/** The chosen strategies of a variant: its defaults, and what the flags say of those that it has. */
export function chosenStrategies(variant: Variant, flags: StrategyChoice): StrategyChoice {
  return Object.fromEntries(
    Object.entries(variant.strategies).map(([name, strategy]) => [name, flags[name] ?? strategy.default]),
  )
}

/** Says what the case has to say of the traffic that is planned. */
function tellNotes(
  workload: Workload,
  { schedule }: ReturnType<typeof planRun>,
  population: Population,
  line: (text: string) => void,
): void {
  const scheduled: Record<string, number> = {}
  for (const each of counts(schedule))
    if (each.stream === 'mix') scheduled[each.operation] = (scheduled[each.operation] ?? 0) + each.scheduled
  for (const note of workload.notes?.(scheduled, population) ?? []) line(`note: ${note}`)
}

/** What the steps of a run fill in, so that an interruption at any of them still makes a report. */
interface Course {
  facts: readonly StoreFacts[]
  seedSummary: string
  noise: NoiseFloor | undefined
  measured: Measured
  queries: QueriesResult | undefined
  audits: readonly AuditResult[]
  /** What ended the run early: a store that died before or between the phases that count failures as data. */
  failure: string | undefined
}

interface Setting {
  readonly request: BenchRequest
  readonly variant: Variant
  readonly choice: StrategyChoice
  readonly population: Population
  readonly plan: ReturnType<typeof planRun>
  readonly host: BenchHost
  readonly steps: Steps
}

async function measureStep(setting: Setting, endpoints: readonly StoreEndpoint[]): Promise<Measured> {
  const { request, host, plan } = setting
  return measure({
    workload: request.workload,
    variant: request.variant,
    choice: setting.choice,
    population: setting.population,
    endpoints,
    plan,
    seed: request.options.seed,
    workers: request.options.workers,
    closedConcurrency: request.options.concurrency,
    folder: request.folder,
    turn: request.turn,
    signal: host.signal,
    killAt: {},
    onProgress(phase, second, load) {
      const total = phase === 'warm up' ? plan.warmupSeconds : plan.measureSeconds
      const rate = load === undefined ? '' : `, ${load.ok.toLocaleString('en-US')}/s`
      const p99 = load === undefined || load.second < 0 ? '' : `, p99 ${load.p99Ms.toFixed(1)} ms`
      const failed = load === undefined || load.failed === 0 ? '' : `, ${load.failed} failed`
      if (phase === 'drain') host.progress('drain', Math.floor(second) + 1, undefined, 's')
      else host.progress(phase, Math.min(total, Math.round(second)), total, `s${rate}${p99}${failed}`)
    },
  })
}

async function auditStep(setting: Setting, stores: Stores): Promise<readonly AuditResult[]> {
  const { request, host, variant } = setting
  const audits = variant.audits
  return runAudits(
    audits,
    {
      stores,
      population: setting.population,
      choice: setting.choice,
      journal: journalReader(join(request.folder, 'journal')),
      seed: request.options.seed,
      profile: request.options.profile satisfies ProfileName,
    },
    (_, done) => host.progress('audit', done, audits.length, 'audits'),
    host.signal,
  )
}

/** The generator's own cost, then the traffic: warm-up, window, drain. */
async function trafficSteps(
  setting: Setting,
  course: Course,
  endpoints: readonly StoreEndpoint[],
): Promise<void> {
  const { request, host, steps: log } = setting
  await request.turn.alone(() =>
    log.step('calibrate', async () => {
      course.noise = await measureNoise()
      return [undefined, `${Math.round(course.noise.nanosecondsPerArrival)} ns an arrival`]
    }),
  )
  await log.step('measure', async () => {
    course.measured = await measureStep(setting, endpoints)
    const { measureSeconds, warmupSeconds } = setting.plan
    if (host.signal.aborted) return [undefined, 'interrupted']
    return [
      undefined,
      `${warmupSeconds} s warm-up, ${measureSeconds} s window, ${course.measured.drainSeconds.toFixed(1)} s drain`,
    ]
  })
}

/** In the place of traffic: the queries of a suite by their protocol. */
async function queryStep(
  { population, host, steps: log }: Setting,
  course: Course,
  suite: QuerySuite,
  stores: Stores,
): Promise<void> {
  await log.step('query', async () => {
    const running = await suite.open(stores, population)
    const answered = await askQueries({
      suite,
      running,
      signal: host.signal,
      onQuery: (name, done, total) => host.progress('query', done, total, `queries, ${name}`),
    })
    course.queries = answered
    return [undefined, `${answered.results.length} queries of ${answered.rows.toLocaleString('en-US')} rows`]
  })
}

async function runCourse(setting: Setting, course: Course): Promise<void> {
  const { request, host, variant, steps: log } = setting
  const { workload, options } = request
  const progress = interruptible(host.progress, host.signal)
  const { turn } = request
  const queries = workload.suite?.queries
  const running = await turn.alone(() =>
    log.step('up', async () => {
      const up = await upStores(chosenStores(workload, variant, setting.choice), {
        provider: options.provider,
        topology: options.topology,
        env: host.env,
        progress: host.line,
      })
      course.facts = up.map(({ facts }) => facts)
      return [up, up.map(({ facts, reason }) => `${facts.name} ${facts.version} (${reason})`).join(', ')]
    }),
  )
  const endpoints = running.map(({ endpoint }) => endpoint)
  const stores = await connectSession(running)
  try {
    await turn.alone(() =>
      log.step('seed', async () => {
        const report = await fillStores(running, host.env, () =>
          queries === undefined
            ? variant.seed(stores, setting.population, setting.choice, progress)
            : queries.load(stores, setting.population, { progress, line: host.line, signal: host.signal }),
        )
        course.seedSummary = report.summary
        return [undefined, report.summary]
      }),
    )
    if (queries === undefined) await trafficSteps(setting, course, endpoints)
    else await turn.alone(() => queryStep(setting, course, queries, stores))
    await turn.measured()
    await turn.alone(() =>
      log.step('audit', async () => {
        course.audits = await auditStep(setting, stores)
        return [
          undefined,
          `${course.audits.filter(({ state }) => state === 'held').length} of ${course.audits.length} held`,
        ]
      }),
    )
  } finally {
    await closeStores(stores)
  }
}

/**
 * Runs one variant of one case: up, seed, warm up, measure, drain, audit, verdict. An interruption at any step, and a
 * store that dies, end in a partial result marked so.
 * @throws ArchError for a setup mistake; a bug passes through
 */
export async function runBench(request: BenchRequest, host: BenchHost): Promise<Result> {
  const { workload, options } = request
  const variant = variantOf(workload, request.variant)
  const choice = chosenStrategies(variant, options.strategies)
  const offered = offeredTraffic(workload, options)
  const plan = planRun(workload, offered, options, request.turn.pause)
  const traffic = inWindow(offered, plan.measureSeconds)
  const population = { seed: options.seed, size: options.population ?? workload.defaults.population }
  tellNotes(workload, plan, population, host.line)
  const loadAverageStart = loadAverage()
  const startedAt = host.now()
  const log = steps(host.signal, host.line)
  const course: Course = {
    facts: [],
    seedSummary: '',
    noise: undefined,
    measured: nothingMeasured(workload.flows, options.workers, host.signal),
    queries: undefined,
    audits: [],
    failure: undefined,
  }
  const finished = (): FinishedRun => ({
    arch: host.arch,
    workload,
    variantName: request.variant,
    variant,
    choice,
    options,
    provider: options.provider,
    topology: options.topology,
    population,
    seedSummary: course.seedSummary,
    traffic,
    plan,
    stores: course.facts,
    noise: course.noise,
    measured: course.measured,
    queries: course.queries,
    audits: course.audits,
    failure: course.failure,
    steps: log.done(),
    startedAt,
    endedAt: host.now(),
    loadAverageStart,
  })
  try {
    await request.begun?.(assembleUnended(finished()))
    await runCourse({ request, variant, choice, population, plan, host, steps: log }, course)
  } catch (error) {
    const isFailure = error instanceof OperationFailure
    if (!(error instanceof Interrupted) && !isFailure && !(host.signal.aborted && error instanceof ArchError))
      throw error
    if (isFailure && !host.signal.aborted) course.failure = `${log.current()}: ${error.message}`
  } finally {
    request.turn.leave()
  }
  // Wherever the run was when it was interrupted: what it leaves is not the whole of it.
  if (host.signal.aborted) course.measured = { ...course.measured, interrupted: true }
  return assembleResult(finished())
}
