import type { OfferedLoad, OfferedReport } from '../core/experiment.ts'
import { assumed } from '../core/model.ts'
import type { AnyOperation, Arrival } from '../core/operation.ts'
import { realClock } from '../engine/clock.ts'
import { runLoad } from '../engine/dispatch.ts'
import { decode, latencyAt } from '../engine/histogram.ts'
import type { EncodedHistogram, OperationReport } from '../engine/report.ts'
import type { PhasePlan } from '../engine/schedule.ts'

const NAME = 'offered'
/** Until the first arrival. */
const AHEAD_MICROS = 1_000

function operationOf(load: OfferedLoad): AnyOperation {
  return {
    name: NAME,
    claims: [],
    kind: 'write',
    rate: assumed(load.perSecond, 'per second', 'a step of an experiment'),
    targets: [],
    input: (arrival: Arrival) => arrival.number,
    run: (_application, number) => load.work(number as number),
  }
}

function phasesOf({ perSecond, seconds, warmupSeconds }: OfferedLoad): readonly PhasePlan[] {
  const streams = [{ operation: NAME, stream: 'mix', perSecond }] as const
  return [
    ...(warmupSeconds > 0 ? [{ phase: 'warmup', seconds: warmupSeconds, streams } as const] : []),
    { phase: 'measure', seconds, streams },
  ]
}

/** In milliseconds, over `total` arrivals. */
function percentile(measured: EncodedHistogram | undefined, at: number, total: number): number {
  return measured === undefined ? Infinity : latencyAt(decode(measured), at, total) / 1e3
}

function reportOf({ streams, outcomes, measures }: OperationReport, seconds: number): OfferedReport {
  const { ok, refused, dropped, ...failures } = outcomes
  const failed = refused + Object.values(failures).reduce((sum, count) => sum + count, 0)
  const total = ok + failed + dropped
  return {
    offeredPerSecond: (streams[0]?.offered ?? 0) / seconds,
    achievedPerSecond: (streams[0]?.achieved ?? 0) / seconds,
    offered: total,
    failed,
    dropped,
    p50: percentile(measures.response, 50, total),
    p99: percentile(measures.response, 99, total),
    p999: percentile(measures.response, 99.9, total),
    lagP99: percentile(measures.dispatchLag, 99, measures.dispatchLag?.count ?? 0),
  }
}

/**
 * Offers work from this thread in an open loop (design.md, laws 1 to 3): the engine's arrivals, deadline and histograms.
 * Resolves when the last piece was answered or given up; one that was given up may still be under way.
 * @throws Error for what the work threw and no store classifies: the experiment is at fault
 */
export async function offer(load: OfferedLoad): Promise<OfferedReport> {
  const clock = realClock()
  const { operations } = await runLoad({
    operations: [operationOf(load)],
    application: undefined,
    world: undefined,
    results: { get: () => undefined, set: () => undefined },
    plan: { seed: load.seed, process: 'poisson', phases: phasesOf(load) },
    worker: 0,
    workers: 1,
    slots: load.slots,
    clock,
    startAtMicros: clock.nowMicros() + AHEAD_MICROS,
    signal: load.signal,
  })
  const measured = operations.find(({ phase }) => phase === 'measure')
  if (measured === undefined) throw new RangeError('a load without a measured phase')
  const [unexpected] = measured.unexpected
  if (unexpected !== undefined) throw new Error(`offered work failed: ${unexpected.message}`)
  return reportOf(measured, load.seconds)
}
