import { z } from 'zod'
import { ArchError } from './errors.ts'
import type {
  AuditResult,
  CheckResult,
  ConsumerLagResult,
  CostResult,
  FlowResult,
  GeneratorResult,
  MachineResult,
  OperationResult,
  PartResult,
  Percentiles,
  QueriesResult,
  QueryResult,
  QueryRunResult,
  QueryTargetResult,
  Rates,
  Result,
  RoleResult,
  TargetResult,
  TimelineSecond,
} from './result.ts'
import type { StoreFacts } from './store.ts'

const count = z.number().int().nonnegative()
const amount = z.number().nonnegative()
const share = z.number().min(0).max(1)
const strings = z.array(z.string())

const percentiles: z.ZodType<Percentiles> = z.object({
  count,
  mean: amount,
  p50: amount,
  p90: amount,
  p99: amount,
  p999: amount,
  max: amount,
})

const rates: z.ZodType<Rates> = z.object({
  documented: amount,
  target: amount,
  scheduled: amount,
  offered: amount,
  achieved: amount,
})

const target: z.ZodType<TargetResult> = z.object({
  percentile: z.union([z.number().gt(0).lt(100), z.literal('max')]),
  belowMs: z.number().positive(),
  from: z.enum(['model', 'flag']),
  claims: strings,
  observedMs: amount.nullable(),
  met: z.boolean(),
  metLessDispatchLag: z.boolean(),
  decided: z.boolean(),
  samples: count,
  needed: count,
})

const queryRun: z.ZodType<QueryRunResult> = z.object({
  clientMs: amount,
  engineMs: amount,
  rowsRead: count,
  bytesRead: count,
})

const queryTarget: z.ZodType<QueryTargetResult> = z.object({
  belowMs: z.number().positive(),
  ofRows: count,
  claims: strings,
  observedMs: amount.nullable(),
  extrapolated: z.boolean(),
  met: z.boolean(),
  decided: z.boolean(),
})

const query: z.ZodType<QueryResult> = z.object({
  name: z.string(),
  question: z.string(),
  claims: strings,
  cold: queryRun.nullable(),
  hot: z.array(queryRun),
  rows: count,
  granules: z.object({ read: count, total: count }).nullable(),
  targets: z.array(queryTarget),
  failure: z.string().nullable(),
})

const queries: z.ZodType<QueriesResult> = z.object({
  protocol: z.string(),
  rows: count,
  bytesOnDisk: count,
  bytesRaw: count,
  results: z.array(query),
})

const cost: z.ZodType<CostResult> = z.object({
  roundTrips: amount,
  statements: amount,
  rows: amount,
  bytes: amount,
  roundTripsByStore: z.record(z.string(), amount),
})

const check: z.ZodType<CheckResult> = z.object({
  name: z.string(),
  claims: strings,
  defects: strings,
  checked: count,
  violations: count,
  examples: strings,
})

const second: z.ZodType<TimelineSecond> = z.object({
  second: count,
  ok: count,
  failed: count,
  refused: count,
  p50: amount,
  p99: amount,
  max: amount,
  buckets: z.array(count),
})

const part: z.ZodType<PartResult> = z.object({
  name: z.string(),
  count,
  expectedShare: share.nullable(),
  responseMs: percentiles,
  targets: z.array(target),
  cost: cost.nullable(),
  histogram: z.string(),
})

const operation: z.ZodType<OperationResult> = z.object({
  name: z.string(),
  kind: z.enum(['read', 'write']),
  claims: strings,
  origin: z.enum(['documented', 'derived', 'assumed']),
  source: z.string(),
  rates,
  count,
  streams: z.object({ mix: count, probe: count, surge: count }),
  ok: count,
  refused: count,
  dropped: count,
  // Results that were saved before these were counted have none.
  standIns: count.default(0),
  failed: z.object({ conflict: count, timeout: count, unavailable: count, unexpected: count }),
  refusalShare: z.object({ observed: share, lowest: share, highest: share }),
  responseMs: percentiles,
  refusedMs: percentiles,
  serviceMs: percentiles,
  dispatchLagMs: percentiles,
  queueWaitMs: percentiles,
  connectionHoldMs: percentiles,
  targets: z.array(target),
  parts: z.array(part),
  checks: z.array(check),
  cost: cost.nullable(),
  errors: z.array(z.object({ message: z.string(), count })),
  histogram: z.string(),
  timeline: z.array(second),
})

const flow: z.ZodType<FlowResult> = z.object({
  name: z.string(),
  claims: strings,
  expected: count,
  completed: count,
  missing: count,
  doubled: count,
  latencyMs: percentiles,
  targets: z.array(target),
  histogram: z.string(),
})

const audit: z.ZodType<AuditResult> = z.object({
  name: z.string(),
  claims: strings,
  defects: strings,
  state: z.enum(['held', 'violated', 'nothing to check', 'could not run']),
  checked: count,
  violations: count,
  examples: strings,
  note: z.string().nullable(),
  seconds: amount,
})

const generator: z.ZodType<GeneratorResult> = z.object({
  valid: z.boolean(),
  reasons: strings,
  watchdogLagMs: percentiles,
  noiseFloor: z.object({ nanosecondsPerArrival: amount, dispatchLagMs: percentiles }).nullable(),
})

const consumerLag: z.ZodType<ConsumerLagResult> = z.object({
  group: z.string(),
  samples: count,
  max: count,
  atEnd: count.nullable(),
})

const role: z.ZodType<RoleResult> = z.object({
  name: z.string(),
  cpuSeconds: amount,
  cpuShare: amount,
  exitCode: z.number().int().nullable(),
})

const machine: z.ZodType<MachineResult> = z.object({
  platform: z.string(),
  cores: count,
  model: z.string(),
  memoryBytes: count,
  node: z.string(),
  loadAverageStart: z.array(amount),
  loadAverageEnd: z.array(amount),
})

const provider = z.enum(['native', 'docker', 'external'])
const topology = z.enum(['single', 'cluster', 'cluster-ha', 'multi-dc'])
const verdict = z.enum(['PASS', 'FAIL', 'CORRUPT', 'VOID', 'REGRESSION', 'INTERRUPTED'])

const store: z.ZodType<StoreFacts> = z.object({
  name: z.string(),
  version: z.string(),
  provider,
  topology,
  acknowledgedSurvives: z.enum(['power loss', 'process kill', 'nothing']),
  settings: z.record(z.string(), z.string()),
})

/** The zod schema of result.json; schemas/result.schema.json is generated from it. */
export const resultSchema: z.ZodType<Result> = z
  .object({
    schema: z.literal('arch.result/1'),
    arch: z.object({ version: z.string(), commit: z.string().nullable() }),
    workload: z.string(),
    title: z.string(),
    variant: z.enum(['fixed', 'as-written']),
    changes: strings,
    strategies: z.record(z.string(), z.string()),
    profile: z.string(),
    suite: z.string().exactOptional(),
    via: z.literal('direct'),
    loop: z.enum(['open', 'closed']),
    concurrency: count.nullable(),
    arrival: z.enum(['poisson', 'uniform']),
    workers: count,
    seed: count,
    scale: z.string(),
    topology,
    provider: z.enum(['auto', 'native', 'docker', 'external']),
    population: z.object({ size: count, unit: z.string(), documented: amount, share: amount }),
    skew: z.string(),
    seedSummary: z.string(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime(),
    partial: z.boolean(),
    phases: z.object({
      warmupSeconds: amount,
      measureSeconds: amount,
      drainSeconds: amount,
      drain: z
        .object({ belowSeconds: amount, why: z.string(), met: z.boolean(), decided: z.boolean() })
        .exactOptional(),
    }),
    steps: z.array(z.object({ name: z.string(), seconds: amount, summary: z.string() })),
    rates,
    mix: z.object({ readShare: share, expected: share }),
    slots: count,
    poolSize: count.exactOptional(),
    probes: count,
    errorBudget: share,
    operations: z.array(operation),
    flows: z.array(flow),
    queries: queries.exactOptional(),
    audits: z.array(audit),
    timelineBoundsMs: z.array(amount),
    generator,
    stores: z.array(store),
    cacheRatios: z.array(z.object({ name: z.string(), hits: count, lookups: count })),
    // Results that were saved before it was asked have none.
    consumerLag: z.array(consumerLag).default([]),
    roles: z.array(role),
    machine,
    assumptions: z.array(
      z.object({ name: z.string(), value: z.number(), unit: z.string(), why: z.string() }),
    ),
    reasons: z.array(z.object({ verdict, reason: z.string() })),
    verdict,
    exitCode: z.union([0, 1, 2, 3, 4, 5, 6, 7, 130].map((code) => z.literal(code as Result['exitCode']))),
  })
  .meta({ title: 'arch.result/1', description: 'The saved result of one run of arch bench.' })

/**
 * Reads text as a value of `schema`.
 * @param where the file that holds it, for the message
 * @throws ArchError (exit code 3) with the first thing that is wrong
 */
export function parseSaved<Value>(schema: z.ZodType<Value>, text: string, where: string): Value {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ArchError(
      `${where} is not JSON: it is damaged or half-written`,
      'run the bench again',
      3,
      cause,
    )
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = issue === undefined || issue.path.length === 0 ? 'the whole file' : issue.path.join('.')
  throw new ArchError(
    `${where} is not a saved run that this version of arch reads: ${path}: ${issue?.message ?? 'invalid'}`,
    'run the bench again, or read it with the version that wrote it',
  )
}
