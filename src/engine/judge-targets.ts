import type { PartName } from '../core/names.ts'
import type { AnyOperation, Target } from '../core/operation.ts'
import type { FlowReport } from './flows.ts'
import { decode, latencyAt } from './histogram.ts'
import type { EncodedHistogram, OperationReport, OutcomeCounts } from './report.ts'
import { samplesNeeded } from './samples.ts'
import { latenessAt } from './watchdog.ts'
import type { WatchdogReport } from './watchdog.ts'

/** What became of one target. */
export interface TargetJudgement {
  readonly target: Target
  /** Undefined where the percentile falls on an arrival that never answered, or on no arrival at all. */
  readonly observedMs: number | undefined
  readonly met: boolean
  /** The second judgement of law 4: response time less dispatch lag. */
  readonly metLessDispatchLag: boolean
  /** False when nobody can tell: the machine was starved, or the samples are too few. */
  readonly decided: boolean
  /** Why not, where `decided` is false. */
  readonly undecidedBy?: 'starved machine' | 'too few samples'
  readonly samples: number
  readonly needed: number
}

/** Lateness that is never blamed on the machine, and the share of a bound beyond which it is. */
const LATE_FROM_MICROS = 5_000
const LATE_SHARE_OF_BOUND = 0.1

/**
 * Whether the machine was too late to judge a target: the watchdog's own lateness, at the target's percentile, exceeds
 * the larger of 5 ms and a tenth of the bound.
 */
export function watchdogLate(watchdog: WatchdogReport, target: Target): boolean {
  const allowed = Math.max(LATE_FROM_MICROS, target.belowMs * 1e3 * LATE_SHARE_OF_BOUND)
  return latenessAt(watchdog, target.percentile) > allowed
}

/** Arrivals that got no answer: they count as over any bound. */
export function failures(outcomes: OutcomeCounts): number {
  return outcomes.conflict + outcomes.timeout + outcomes.unavailable + outcomes.unexpected + outcomes.dropped
}

function observed(
  histogram: EncodedHistogram | undefined,
  target: Target,
  total: number,
): number | undefined {
  if (histogram === undefined || total === 0) return undefined
  const micros = latencyAt(decode(histogram), target.percentile, total)
  return Number.isFinite(micros) ? micros / 1e3 : undefined
}

/** Samples of one target, whole or part, and how many arrivals got no answer, as each of the two judgements counts. */
interface Evidence {
  readonly response: EncodedHistogram | undefined
  readonly sinceHandOver: EncodedHistogram | undefined
  readonly answered: number
  readonly unanswered: number
  readonly unansweredLessLag: number
}

function judge(target: Target, evidence: Evidence, watchdog: WatchdogReport): TargetJudgement {
  const samples = evidence.answered + evidence.unanswered
  const needed = samplesNeeded(target.percentile)
  const observedMs = observed(evidence.response, target, samples)
  const lessLag = observed(evidence.sinceHandOver, target, evidence.answered + evidence.unansweredLessLag)
  const met = observedMs !== undefined && observedMs < target.belowMs
  const metLessDispatchLag = lessLag !== undefined && lessLag < target.belowMs
  const judged = { target, observedMs, met, metLessDispatchLag, samples, needed }
  if (samples < needed) return { ...judged, decided: false, undecidedBy: 'too few samples' }
  if (met !== metLessDispatchLag && watchdogLate(watchdog, target))
    return { ...judged, decided: false, undecidedBy: 'starved machine' }
  return { ...judged, decided: true }
}

/**
 * The failures that a part has to answer for. An arrival without an answer has no part, so each part takes its share
 * of them, rounded up: as seen among the answers, as expected where there are none.
 */
function partEvidence(operation: AnyOperation, report: OperationReport, part: PartName): Evidence {
  const found = report.parts.find((each) => each.part === part)
  const answered = found?.count ?? 0
  const share =
    report.outcomes.ok > 0 ? answered / report.outcomes.ok : (operation.parts?.[part]?.expectedShare ?? 1)
  const unanswered = failures(report.outcomes)
  return {
    response: found?.measures.response,
    sinceHandOver: found?.measures.sinceHandOver,
    answered,
    unanswered: Math.ceil(unanswered * share),
    unansweredLessLag: Math.ceil((unanswered - report.droppedAtHandOver) * share),
  }
}

/** Judges the targets of an operation on its merged measured arrivals (design.md, laws 2 and 4), in their order. */
export function judgeOperation(
  operation: AnyOperation,
  report: OperationReport,
  watchdog: WatchdogReport,
): TargetJudgement[] {
  const unanswered = failures(report.outcomes)
  const whole: Evidence = {
    response: report.measures.response,
    sinceHandOver: report.measures.sinceHandOver,
    answered: report.outcomes.ok,
    unanswered,
    unansweredLessLag: unanswered - report.droppedAtHandOver,
  }
  return operation.targets.map((target) =>
    judge(target, target.part === undefined ? whole : partEvidence(operation, report, target.part), watchdog),
  )
}

/**
 * Judges the targets of a flow. A missing key counts as the mean weight of the complete ones, over any bound. Its ends
 * are stamped by other processes, so there is no judgement less dispatch lag: missed while the machine was late is
 * undecided.
 */
export function judgeFlow(
  targets: readonly Target[],
  report: FlowReport,
  watchdog: WatchdogReport,
): TargetJudgement[] {
  const answered = report.latency?.count ?? 0
  const meanWeight = report.completed > 0 ? Math.max(1, answered / report.completed) : 1
  const unanswered = Math.ceil(report.missing * meanWeight)
  return targets.map((target) => {
    const evidence = { response: report.latency, sinceHandOver: report.latency, answered, unanswered }
    const judged = judge(target, { ...evidence, unansweredLessLag: unanswered }, watchdog)
    if (judged.met || !judged.decided || !watchdogLate(watchdog, target)) return judged
    return { ...judged, decided: false, undecidedBy: 'starved machine' }
  })
}
