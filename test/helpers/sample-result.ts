import type { CostResult, OperationResult, Percentiles, Result, TargetResult } from '../../src/core/result.ts'

/** A plausible distribution around a median, in milliseconds. */
export function samplePercentiles(count: number, p50: number): Percentiles {
  return { count, mean: p50 * 1.2, p50, p90: p50 * 1.8, p99: p50 * 4.5, p999: p50 * 8.2, max: p50 * 18.3 }
}

/** A target that was met unless told otherwise. */
export function sampleTarget(changes: Partial<TargetResult> = {}): TargetResult {
  return {
    percentile: 99,
    belowMs: 300,
    from: 'model',
    claims: ['SOC-06'],
    observedMs: 4.95,
    met: true,
    metLessDispatchLag: true,
    decided: true,
    samples: 69_000,
    needed: 1_000,
    ...changes,
  }
}

function cost(redis: number, postgres: number, rows: number): CostResult {
  const roundTrips = redis + postgres
  return {
    roundTrips,
    statements: roundTrips * 1.5,
    rows,
    bytes: rows * 260,
    roundTripsByStore: { postgres, redis },
  }
}

/** One operation of a run at 1/1000 of the documented rate for 30 s. */
export function sampleOperation(changes: Partial<OperationResult> = {}): OperationResult {
  return {
    name: 'feed.read',
    kind: 'read',
    claims: ['SOC-06'],
    origin: 'documented',
    source: 'SOC-06',
    rates: { documented: 1_610_000, target: 1_610, scheduled: 1_610, offered: 1_610, achieved: 1_609.8 },
    count: 48_300,
    streams: { mix: 48_300, probe: 0, surge: 0 },
    ok: 48_288,
    refused: 12,
    dropped: 0,
    standIns: 0,
    failed: { conflict: 0, timeout: 0, unavailable: 0, unexpected: 0 },
    refusalShare: { observed: 0.000_248, lowest: 0, highest: 0.001 },
    responseMs: samplePercentiles(48_288, 1.1),
    refusedMs: samplePercentiles(12, 0.6),
    serviceMs: samplePercentiles(48_300, 1),
    dispatchLagMs: samplePercentiles(48_300, 0.05),
    queueWaitMs: samplePercentiles(48_300, 0.01),
    connectionHoldMs: samplePercentiles(48_300, 0.4),
    targets: [sampleTarget()],
    parts: [
      {
        name: 'warm',
        count: 45_885,
        expectedShare: 0.95,
        responseMs: samplePercentiles(45_885, 1),
        targets: [sampleTarget({ samples: 45_885 })],
        cost: cost(2, 0, 21),
        histogram: 'HISTFAAA',
      },
      {
        name: 'cold',
        count: 2_415,
        expectedShare: 0.05,
        responseMs: samplePercentiles(2_415, 7.4),
        targets: [sampleTarget({ samples: 2_415 })],
        cost: cost(3, 1, 220),
        histogram: 'HISTFAAA',
      },
    ],
    checks: [
      {
        name: 'feed.newest-first',
        claims: ['SOC-12'],
        defects: ['S-29'],
        checked: 48_288,
        violations: 0,
        examples: [],
      },
    ],
    cost: cost(2.05, 0.05, 31),
    errors: [],
    histogram: 'HISTFAAA',
    timeline: [
      { second: 0, ok: 1_600, failed: 0, refused: 1, p50: 1, p99: 5, max: 21, buckets: [900, 600, 100] },
    ],
    ...changes,
  }
}

/** The result of a run of the social case that passed, unless told otherwise. */
export function sampleResult(changes: Partial<Result> = {}): Result {
  return {
    schema: 'arch.result/1',
    arch: { version: '0.1.0', commit: '2ceafc3' },
    workload: 'social',
    title: 'Photo sharing network',
    variant: 'fixed',
    changes: [],
    strategies: { fanout: 'hybrid', counter: 'delta' },
    profile: 'steady',
    via: 'direct',
    loop: 'open',
    concurrency: null,
    arrival: 'poisson',
    workers: 1,
    seed: 42,
    scale: '1/1000',
    topology: 'single',
    provider: 'auto',
    population: { size: 20_000, unit: 'users', documented: 500e6, share: 0.04 },
    skew: 'Zipf 0.99 over authors and posts',
    seedSummary: 'reused: 20,000 users, 1,000,000 follows, 200,000 posts',
    startedAt: '2026-01-15T10:20:30.000Z',
    endedAt: '2026-01-15T10:21:24.000Z',
    partial: false,
    phases: { warmupSeconds: 10, measureSeconds: 30, drainSeconds: 1.2 },
    steps: [
      { name: 'up', seconds: 0.8, summary: 'postgres 18.4, redis 8.2' },
      { name: 'provision', seconds: 0.3, summary: '' },
      { name: 'seed', seconds: 2.1, summary: 'reused' },
      { name: 'warm up', seconds: 10, summary: '' },
      { name: 'measure', seconds: 30, summary: '' },
      { name: 'audit', seconds: 6.2, summary: '' },
    ],
    rates: { documented: 2_431_000, target: 2_431, scheduled: 2_431, offered: 2_431, achieved: 2_430.8 },
    mix: { readShare: 0.9502, expected: 0.95 },
    slots: 64,
    poolSize: 10,
    probes: 120,
    errorBudget: 0.001,
    operations: [
      sampleOperation(),
      sampleOperation({
        name: 'like.add',
        kind: 'write',
        claims: ['SOC-05'],
        count: 1_500,
        ok: 1_500,
        refused: 0,
        parts: [],
        checks: [],
        rates: { documented: 50_000, target: 50, scheduled: 50, offered: 50, achieved: 50 },
        streams: { mix: 1_500, probe: 0, surge: 0 },
        responseMs: samplePercentiles(1_500, 2.4),
        targets: [sampleTarget({ belowMs: 100, observedMs: 10.8, samples: 1_500 })],
        cost: cost(0, 1, 1),
      }),
    ],
    flows: [
      {
        name: 'feed.fanout',
        claims: ['SOC-63'],
        expected: 1_200,
        completed: 1_200,
        missing: 0,
        doubled: 0,
        latencyMs: samplePercentiles(58_000, 42),
        histogram: 'HISTFAAA',
        targets: [sampleTarget({ belowMs: 1_000, observedMs: 189, samples: 58_000 })],
      },
    ],
    audits: [
      {
        name: 'likes.count-equals-rows',
        claims: ['SOC-45'],
        defects: ['S-14'],
        state: 'held',
        checked: 12_345,
        violations: 0,
        examples: [],
        note: null,
        seconds: 0.4,
      },
    ],
    timelineBoundsMs: [1, 2],
    generator: {
      valid: true,
      reasons: [],
      watchdogLagMs: samplePercentiles(39_000, 0.08),
      noiseFloor: { nanosecondsPerArrival: 1_850, dispatchLagMs: samplePercentiles(20_000, 0.02) },
    },
    stores: [
      {
        name: 'postgres',
        version: '18.4',
        provider: 'native',
        topology: 'single',
        acknowledgedSurvives: 'power loss',
        settings: { fsync: 'on', synchronous_commit: 'on' },
      },
      {
        name: 'redis',
        version: '8.2.1',
        provider: 'native',
        topology: 'single',
        acknowledgedSurvives: 'nothing',
        settings: { appendonly: 'no' },
      },
    ],
    cacheRatios: [
      { name: 'post L1', hits: 410_000, lookups: 900_000 },
      { name: 'post L2', hits: 480_000, lookups: 490_000 },
    ],
    consumerLag: [{ group: 'confirmations', samples: 31, max: 1_420, atEnd: 212 }],
    roles: [
      { name: 'load and application', cpuSeconds: 14.2, cpuShare: 0.47, exitCode: 0 },
      { name: 'relay', cpuSeconds: 3.1, cpuShare: 0.1, exitCode: 0 },
    ],
    machine: {
      platform: 'linux x64',
      cores: 2,
      model: 'Example CPU',
      memoryBytes: 25_769_803_776,
      node: '24.21.0',
      loadAverageStart: [0.5, 0.4, 0.3],
      loadAverageEnd: [1.8, 0.8, 0.5],
    },
    assumptions: [
      {
        name: 'profileUpdates',
        value: 2e6,
        unit: 'per day',
        why: 'the text gives no rate; one update in 50 active days',
      },
    ],
    reasons: [],
    verdict: 'PASS',
    exitCode: 0,
    ...changes,
  }
}
