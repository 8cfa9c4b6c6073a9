import { availableParallelism } from 'node:os'
import { decideVerdict, exitCodeOf } from '../core/exit.ts'
import type {
  AuditResult,
  DrainResult,
  FlowResult,
  GeneratorResult,
  QueriesResult,
  Rates,
  Result,
} from '../core/result.ts'
import type { ProviderName, StoreFacts } from '../core/store.ts'
import { formatScale } from '../core/units.ts'
import type { Variant, Workload } from '../core/workload.ts'
import type { StrategyChoice } from '../core/strategy.ts'
import type { Population } from '../core/population.ts'
import type { VariantName } from '../core/names.ts'
import { ERROR_BUDGET, judgeRun } from '../engine/judge.ts'
import type { VerdictReason } from '../engine/judge.ts'
import { drainReasons, judgeDrain } from '../engine/judge-drain.ts'
import { mergeReports } from '../engine/merge.ts'
import type { NoiseFloor } from '../engine/noise.ts'
import { counts } from '../engine/schedule.ts'
import { timelineBoundsMs } from '../engine/timeline.ts'
import { summariseWatchdog } from '../engine/watchdog.ts'
import { operationResult, targetResults } from './assemble-operation.ts'
import type { BenchOptions } from './bench-options.ts'
import { machineFacts } from './machine-facts.ts'
import type { Measured } from './measure.ts'
import { percentiles, savedPercentiles } from './percentiles.ts'
import type { RunPlan } from './plan.ts'
import { poolSizeOf } from './pool-size.ts'
import { reasonsAround } from './reasons.ts'
import { wishedGenerally } from './topology-wish.ts'
import type { TopologyWish } from './topology-wish.ts'
import type { OfferedTraffic } from './traffic.ts'

/** Everything that a finished (or interrupted) run left behind. */
export interface FinishedRun {
  readonly arch: Result['arch']
  readonly workload: Workload
  readonly variantName: VariantName
  readonly variant: Variant
  readonly choice: StrategyChoice
  readonly options: BenchOptions
  readonly provider: ProviderName | 'auto'
  readonly topology: TopologyWish
  readonly population: Population
  readonly seedSummary: string
  readonly traffic: OfferedTraffic
  readonly plan: RunPlan
  readonly stores: readonly StoreFacts[]
  readonly noise: NoiseFloor | undefined
  readonly measured: Measured
  /** Of a suite of queries that came so far. */
  readonly queries: QueriesResult | undefined
  readonly audits: readonly AuditResult[]
  /** What ended the run early, other than an interruption. */
  readonly failure: string | undefined
  readonly steps: Result['steps']
  readonly startedAt: Date
  readonly endedAt: Date
  readonly loadAverageStart: readonly number[]
}

/** What was asked; of a suite of queries that ended before its first one, nothing. */
function queriesOf({ workload, queries }: FinishedRun): QueriesResult | undefined {
  const suite = workload.suite?.queries
  if (suite === undefined) return undefined
  return queries ?? { protocol: suite.protocol, rows: 0, bytesOnDisk: 0, bytesRaw: 0, results: [] }
}

function totalRates(operations: readonly { readonly rates: Rates }[]): Rates {
  const total = (rate: keyof Rates): number => operations.reduce((sum, { rates }) => sum + rates[rate], 0)
  return {
    documented: total('documented'),
    target: total('target'),
    scheduled: total('scheduled'),
    offered: total('offered'),
    achieved: total('achieved'),
  }
}

/** Reads as a share of the mix, as scheduled: probes and surges stand outside it (SOC-10). */
function mixOf(run: FinishedRun): Result['mix'] {
  let reads = 0
  let all = 0
  const kinds = new Map(run.workload.operations.map(({ name, kind }) => [name, kind]))
  for (const { phase, stream, operation, scheduled } of counts(run.plan.schedule)) {
    if (phase !== 'measure' || stream !== 'mix') continue
    all += scheduled
    if (kinds.get(operation) === 'read') reads += scheduled
  }
  const expected = run.traffic.operations.reduce(
    (sum, { operation, targetPerSecond }) => {
      const share = operation.kind === 'read' ? targetPerSecond : 0
      return { reads: sum.reads + share, all: sum.all + targetPerSecond }
    },
    { reads: 0, all: 0 },
  )
  return {
    readShare: all === 0 ? 0 : reads / all,
    expected: expected.all === 0 ? 0 : expected.reads / expected.all,
  }
}

function cacheRatios(measured: Measured): Result['cacheRatios'] {
  const totals = new Map<string, { hits: number; lookups: number }>()
  for (const { ratios } of measured.outcomes) {
    for (const [name, [hits, lookups]] of Object.entries(ratios)) {
      const total = totals.get(name) ?? { hits: 0, lookups: 0 }
      totals.set(name, { hits: total.hits + hits, lookups: total.lookups + lookups })
    }
  }
  return [...totals].map(([name, ratio]) => ({ name, ...ratio }))
}

function assumptionsOf(workload: Workload): Result['assumptions'] {
  return Object.entries(workload.model)
    .filter(([, quantity]) => quantity.origin === 'assumed')
    .map(([name, { value, unit, source }]) => ({ name, value, unit, why: source }))
}

function generatorResult(run: FinishedRun, reasons: readonly VerdictReason[]): GeneratorResult {
  const voids = reasons.filter(({ verdict }) => verdict === 'VOID').map(({ reason }) => reason)
  return {
    valid: voids.length === 0,
    reasons: voids,
    watchdogLagMs: savedPercentiles(summariseWatchdog(run.measured.watchdog)),
    noiseFloor:
      run.noise === undefined
        ? null
        : {
            nanosecondsPerArrival: run.noise.nanosecondsPerArrival,
            dispatchLagMs: savedPercentiles(run.noise.dispatchLagMs),
          },
  }
}

/**
 * What stands in the folder of a run from its beginning until its result replaces it: whatever ends `arch` at once (a
 * second Ctrl-C, kill -9, a power cut) leaves a report that says so.
 */
export function assembleUnended(run: FinishedRun): Result {
  const result = assembleResult({ ...run, measured: { ...run.measured, interrupted: true } })
  const reason = 'no report yet: the run goes on, or arch was ended at once'
  return {
    ...result,
    // Nothing has been measured that could speak for or against anything.
    generator: { ...result.generator, valid: false, reasons: [] },
    reasons: [{ verdict: 'INTERRUPTED', reason }],
  }
}

/** What became of the bound of the drain; undefined where there is none, or nothing that was to drain. */
function drainOf({ workload, measured }: FinishedRun): DrainResult | undefined {
  const target = workload.suite?.drain
  if (target === undefined || measured.interrupted || measured.outcomes.length === 0) return undefined
  const { drainSeconds: seconds, drained } = measured
  return judgeDrain(target, { seconds, drained, watchdog: measured.drainWatchdog })
}

/** The result of a run: its verdict and everything that it rests on (cli.md, result.json). */
export function assembleResult(run: FinishedRun): Result {
  const { measured, traffic, plan, workload, options } = run
  const reports = mergeReports(
    plan.schedule,
    workload.operations.map(({ name }) => name),
    'measure',
    measured.outcomes.map(({ report }) => report),
  )
  const offered = traffic.operations.flatMap((entry) => {
    const report = reports.find(({ operation }) => operation === entry.operation.name)
    return report === undefined ? [] : [{ ...entry, report }]
  })
  const flows = traffic.flows.flatMap((flow) => {
    const report = measured.flows.find((each) => each.flow === flow.name)
    return report === undefined ? [] : [{ flow, report }]
  })
  // A run that was interrupted before its window has none: rates are then of the planned one.
  const measuredSeconds = measured.outcomes[0]?.report.measuredSeconds ?? 0
  const measureSeconds = measuredSeconds > 0 ? measuredSeconds : plan.measureSeconds
  const queries = queriesOf(run)
  const judgement = judgeRun({
    queries,
    operations: offered,
    flows,
    watchdog: measured.watchdog,
    measureSeconds,
    closedLoop: options.loop === 'closed',
    interrupted: measured.interrupted,
    deadWorkers: measured.workersLost,
  })
  // Where a failure kept the load from starting, its figures are none, and say nothing more.
  const isEmpty = measured.outcomes.length === 0 && run.queries === undefined
  const figures = run.failure !== undefined && isEmpty ? [] : judgement.reasons
  const drain = drainOf(run)
  const reasons = [
    ...reasonsAround(run.failure, measured, run.audits),
    ...figures,
    ...(drain === undefined ? [] : drainReasons(drain, measured.drainSeconds)),
  ]
  const verdict = decideVerdict(reasons.map((reason) => reason.verdict))
  const operations = offered.map((entry, index) =>
    operationResult(
      entry,
      judgement.operations[index] ?? [],
      measured.timeline,
      measureSeconds,
      plan.measureSeconds,
    ),
  )
  const documented = workload.documentedPopulation
  return {
    schema: 'arch.result/1',
    arch: run.arch,
    workload: workload.name,
    title: workload.title,
    variant: run.variantName,
    changes: run.variant.changes,
    strategies: run.choice,
    profile: options.profile,
    ...(workload.suite === undefined ? {} : { suite: workload.suite.name }),
    via: 'direct',
    loop: options.loop,
    concurrency: options.concurrency ?? null,
    arrival: options.arrival,
    workers: options.workers,
    seed: options.seed,
    scale: formatScale(traffic.scale),
    topology: wishedGenerally(run.topology),
    provider: run.provider,
    population: {
      size: run.population.size,
      unit: documented.unit,
      documented: documented.size,
      share: run.population.size / (documented.size * traffic.scale),
    },
    skew: workload.skew,
    seedSummary: run.seedSummary,
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt.toISOString(),
    partial: measured.interrupted || run.failure !== undefined,
    phases: {
      warmupSeconds: plan.warmupSeconds,
      measureSeconds,
      drainSeconds: measured.drainSeconds,
      ...(drain === undefined ? {} : { drain }),
    },
    steps: run.steps,
    rates: totalRates(operations),
    mix: mixOf(run),
    slots: measured.slots,
    poolSize: poolSizeOf(run.variant, availableParallelism()),
    probes: operations.reduce((sum, { streams }) => sum + streams.probe, 0),
    errorBudget: ERROR_BUDGET,
    operations,
    flows: flows.map(({ flow, report }, index): FlowResult => ({
      name: flow.name,
      claims: flow.claims,
      expected: report.expected,
      completed: report.completed,
      missing: report.missing,
      doubled: report.doubled,
      latencyMs: percentiles(report.latency),
      targets: targetResults(flow.targets, judgement.flows[index] ?? [], undefined),
      histogram: report.latency?.v2 ?? '',
    })),
    ...(queries === undefined ? {} : { queries }),
    audits: run.audits,
    timelineBoundsMs: timelineBoundsMs(),
    // What queries leave open is no fault of a generator.
    generator: generatorResult(run, queries === undefined ? judgement.reasons : []),
    stores: run.stores,
    cacheRatios: cacheRatios(measured),
    consumerLag: measured.consumerLag,
    roles: measured.roles,
    machine: machineFacts(run.loadAverageStart),
    assumptions: assumptionsOf(workload),
    reasons,
    verdict,
    exitCode: exitCodeOf(verdict),
  }
}
