import type { Cost } from '../core/cost.ts'
import type { PartName } from '../core/names.ts'
import type { CheckResult, CostResult, OperationResult, PartResult, TargetResult } from '../core/result.ts'
import type { TargetJudgement } from '../engine/judge-targets.ts'
import type { OperationReport } from '../engine/report.ts'
import type { Timeline } from '../engine/timeline.ts'
import { percentiles } from './percentiles.ts'
import type { OfferedOperation, OriginatedTarget } from './traffic.ts'

/** Judgements in the shape of the saved result, those of one part (undefined: of the whole). */
export function targetResults(
  targets: readonly OriginatedTarget[],
  judgements: readonly TargetJudgement[],
  part: PartName | undefined,
): TargetResult[] {
  return judgements.flatMap((judged, index): TargetResult[] => {
    const target = targets[index]
    if (target === undefined || target.part !== part) return []
    return [
      {
        percentile: target.percentile,
        belowMs: target.belowMs,
        from: target.from,
        claims: target.claims ?? [],
        observedMs: judged.observedMs ?? null,
        met: judged.met,
        metLessDispatchLag: judged.metLessDispatchLag,
        decided: judged.decided,
        samples: judged.samples,
        needed: judged.needed,
      },
    ]
  })
}

function meanCost(cost: Cost, count: number): CostResult | null {
  if (count === 0) return null
  const byStore = Object.entries(cost.roundTripsByStore).map(([store, trips]) => [store, trips / count])
  return {
    roundTrips: cost.roundTrips / count,
    statements: cost.statements / count,
    rows: cost.rows / count,
    bytes: cost.bytes / count,
    roundTripsByStore: Object.fromEntries(byStore),
  }
}

function checkResults(offered: OfferedOperation, report: OperationReport): CheckResult[] {
  return (offered.operation.checks ?? []).map(({ name, claims, defects }) => {
    const seen = report.checks.find((check) => check.name === name)
    return {
      name,
      claims,
      defects,
      checked: seen?.checked ?? 0,
      violations: seen?.violations ?? 0,
      examples: seen?.examples ?? [],
    }
  })
}

function partResults(
  offered: OfferedOperation,
  report: OperationReport,
  judgements: readonly TargetJudgement[],
): PartResult[] {
  const expected = offered.operation.parts ?? {}
  const seen = report.parts.map(({ part }) => part)
  const names = new Set([...Object.keys(expected), ...seen])
  return [...names].map((name) => {
    const part = report.parts.find((each) => each.part === name)
    return {
      name,
      count: part?.count ?? 0,
      expectedShare: expected[name]?.expectedShare ?? null,
      responseMs: percentiles(part?.measures.response),
      targets: targetResults(offered.targets, judgements, name),
      cost: part === undefined ? null : meanCost(part.cost, part.count),
      histogram: part?.measures.response?.v2 ?? '',
    }
  })
}

/**
 * One operation of a result: what was offered, what came of it, and what that says of its targets.
 * @param seconds of the window as it was measured, and `plannedSeconds` as it was to be
 */
export function operationResult(
  offered: OfferedOperation & { readonly report: OperationReport },
  judgements: readonly TargetJudgement[],
  timeline: Timeline,
  seconds: number,
  plannedSeconds: number,
): OperationResult {
  const { operation, report, targets } = offered
  const { outcomes, measures } = report
  const { conflict, timeout, unavailable, unexpected } = outcomes
  const count =
    outcomes.ok + outcomes.refused + outcomes.dropped + conflict + timeout + unavailable + unexpected
  const units = operation.unitsPerArrival ?? 1
  const rate = (figure: 'scheduled' | 'offered' | 'achieved', over = seconds): number =>
    (report.streams.reduce((sum, stream) => sum + stream[figure], 0) * units) / over
  const inStream = (name: 'mix' | 'probe' | 'surge'): number =>
    report.streams.find(({ stream }) => stream === name)?.offered ?? 0
  const [lowest, highest] = operation.refusalShare ?? [0, 0.001]
  return {
    name: operation.name,
    kind: operation.kind,
    claims: operation.claims,
    origin: operation.rate.origin,
    source: operation.rate.source,
    rates: {
      documented: offered.documentedPerSecond,
      target: offered.targetPerSecond,
      scheduled: rate('scheduled', plannedSeconds),
      offered: rate('offered'),
      achieved: rate('achieved'),
    },
    count,
    streams: { mix: inStream('mix'), probe: inStream('probe'), surge: inStream('surge') },
    ok: outcomes.ok,
    refused: outcomes.refused,
    dropped: outcomes.dropped,
    standIns: report.standIns,
    failed: { conflict, timeout, unavailable, unexpected },
    refusalShare: { observed: count === 0 ? 0 : outcomes.refused / count, lowest, highest },
    responseMs: percentiles(measures.response),
    refusedMs: percentiles(report.refusals),
    serviceMs: percentiles(measures.service),
    dispatchLagMs: percentiles(measures.dispatchLag),
    queueWaitMs: percentiles(measures.queueWait),
    connectionHoldMs: percentiles(measures.connectionHold),
    targets: targetResults(targets, judgements, undefined),
    parts: partResults(offered, report, judgements),
    checks: checkResults(offered, report),
    cost: meanCost(report.cost, outcomes.ok + outcomes.refused),
    errors: report.unexpected,
    histogram: measures.response?.v2 ?? '',
    // The warm-up is recorded apart (law 3).
    timeline: timeline.seconds(operation.name).filter(({ second }) => second >= 0),
  }
}
