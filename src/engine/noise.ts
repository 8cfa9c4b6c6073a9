import { assumed } from '../core/model.ts'
import type { AnyOperation } from '../core/operation.ts'
import { realClock } from './clock.ts'
import { runLoad } from './dispatch.ts'
import { summarise } from './histogram.ts'
import type { LatencySummary } from './histogram.ts'
import type { OperationReport } from './report.ts'

/** What the load generator costs by itself on this machine, right now. */
export interface NoiseFloor {
  /** Flat out, on one thread. */
  readonly nanosecondsPerArrival: number
  /** At a moderate rate. */
  readonly dispatchLagMs: LatencySummary
}

const NO_OP: AnyOperation = {
  name: 'no-op',
  claims: [],
  kind: 'read',
  rate: assumed(1, 'per second', 'the noise floor'),
  targets: [],
  input: () => undefined,
  run: () => Promise.resolve(),
}

/** What a load of no-op operations showed. */
export interface NoOpLoad {
  readonly report: OperationReport
  /** From the planned start until the last arrival had ended. */
  readonly seconds: number
}

/**
 * Offers no-op operations at `perSecond` (Poisson) for `seconds` from this thread.
 * @param pollWithinMicros as for `realClock`
 */
export async function loadNoOp(
  perSecond: number,
  seconds: number,
  pollWithinMicros?: number,
): Promise<NoOpLoad> {
  const clock = realClock(pollWithinMicros)
  const startAtMicros = clock.nowMicros() + 1_000
  const { operations } = await runLoad({
    operations: [NO_OP],
    application: undefined,
    world: undefined,
    results: { get: () => undefined, set: () => undefined },
    plan: {
      seed: 1,
      process: 'poisson',
      phases: [{ phase: 'measure', seconds, streams: [{ operation: NO_OP.name, stream: 'mix', perSecond }] }],
    },
    worker: 0,
    workers: 1,
    slots: 64,
    clock,
    startAtMicros,
  })
  const report = operations.find(({ phase }) => phase === 'measure')
  if (report === undefined) throw new RangeError('a load without a measured phase')
  return { report, seconds: (clock.nowMicros() - startAtMicros) / 1e6 }
}

/** Measures the noise floor in about 300 ms: arrivals flat out, then dispatch lag at 5,000/s. */
export async function measureNoise(): Promise<NoiseFloor> {
  // All due in the first 10 ms, so what follows is the generator at its limit. The first time warms the code up.
  await loadNoOp(3_000_000, 0.01)
  const flatOut = await loadNoOp(3_000_000, 0.01)
  const moderate = await loadNoOp(5_000, 0.15)
  const lag = moderate.report.measures.dispatchLag
  if (lag === undefined) throw new RangeError('a load without arrivals')
  return {
    nanosecondsPerArrival: (flatOut.seconds * 1e9) / flatOut.report.outcomes.ok,
    dispatchLagMs: summarise(lag),
  }
}
