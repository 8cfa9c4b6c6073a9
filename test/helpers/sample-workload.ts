import type { Experiment } from '../../src/core/experiment.ts'
import { assumed, documented } from '../../src/core/model.ts'
import { erase } from '../../src/core/operation.ts'
import type { AnyOperation, Operation } from '../../src/core/operation.ts'
import type { Variant, Workload } from '../../src/core/workload.ts'
import type { Strategy } from '../../src/core/strategy.ts'

function operation(
  name: string,
  extra: Partial<Operation<unknown, unknown, unknown, unknown>>,
): AnyOperation {
  return erase({
    name,
    claims: ['SOC-06'],
    kind: 'read',
    rate: documented(500e6, 'per day', 'SOC-03'),
    targets: [],
    input: () => undefined,
    run: () => Promise.resolve(undefined),
    ...extra,
  })
}

function variant(strategies: Readonly<Record<string, Strategy>>): Variant {
  const nothing = { changed: false, summary: 'nothing' }
  return {
    description: 'a design',
    defects: [],
    changes: [],
    strategies,
    provision: () => Promise.resolve(nothing),
    schemaDifferences: () => Promise.resolve([]),
    ensurePartitions: () => Promise.resolve(nothing),
    seed: () => Promise.resolve(nothing),
    open: () =>
      Promise.resolve({
        application: undefined,
        slots: 1,
        ratios: () => ({}),
        close: () => Promise.resolve(),
      }),
    roles: {},
    audits: [],
  }
}

/** An experiment of two rows under two patterns that answers what it was asked. */
export function sampleExperiment(): Experiment {
  return {
    title: 'two ways to do it',
    compares: 'one way with another',
    stores: ['postgres'],
    rows: [
      { name: 'old', description: 'the way that it was always done, whatever that may be on a given day' },
      { name: 'new', description: 'another way' },
    ],
    patterns: [
      { name: 'even', description: 'all the same' },
      { name: 'skewed', description: 'one more than the others' },
    ],
    columns: [
      { name: 'done', title: 'done', kind: 'count', spread: false, dispensable: 0 },
      { name: 'perSecond', title: 'done/s', kind: 'rate', spread: true, dispensable: 0 },
      { name: 'p50', title: 'p50 ms', kind: 'milliseconds', spread: false, dispensable: 1 },
      { name: 'p99', title: 'p99 ms', kind: 'milliseconds', spread: true, dispensable: 2 },
    ],
    defaults: { loop: { clients: 2, perClient: 3 }, rounds: 3, population: 100 },
    open: () => Promise.reject(new Error('it has no stores')),
  }
}

/** A case with two operations, a flow, two profiles and strategies of either variant; nothing of it can run. */
export function sampleWorkload(): Workload {
  return {
    name: 'sample',
    title: 'A sample',
    model: { updates: assumed(2e6, 'per day', 'the text gives no rate') },
    stores: ['postgres'],
    defaults: {
      scale: 1 / 1000,
      population: 20_000,
      durationSeconds: 30,
      warmupSeconds: 10,
      maxDurationSeconds: 300,
    },
    documentedPopulation: { size: 500e6, unit: 'users', claim: 'SOC-01' },
    profiles: { steady: { description: 'evenly' }, viral: { description: 'one hot post' } },
    operations: [
      operation('feed.read', {
        targets: [
          { percentile: 99, belowMs: 300 },
          { part: 'cold', percentile: 99, belowMs: 300 },
        ],
        parts: { warm: { expectedShare: 0.95 }, cold: { expectedShare: 0.05 } },
      }),
      operation('like.add', { kind: 'write', targets: [{ percentile: 99, belowMs: 100 }] }),
    ],
    flows: [
      { name: 'feed.fanout', claims: [], targets: [], rate: documented(5_787, 'per second', 'SOC-63') },
    ],
    variants: {
      fixed: variant({
        fanout: { description: 'when', values: ['push', 'pull', 'hybrid'], default: 'hybrid' },
      }),
      'as-written': variant({
        threshold: { description: 'where', values: ['titles', 'code'], default: 'titles' },
      }),
    },
    world: () => undefined,
    skew: 'none',
    notImplemented: ['Memcached (SOC-18): drawn and never used'],
    experiments: { sample: sampleExperiment() },
  }
}
