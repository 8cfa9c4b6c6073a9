import type { Verdict } from '../core/exit.ts'
import type { AnyOperation, Flow } from '../core/operation.ts'
import type { QueriesResult } from '../core/result.ts'
import type { FlowReport } from './flows.ts'
import { queryReasons } from './judge-queries.ts'
import { failures, judgeFlow, judgeOperation } from './judge-targets.ts'
import type { TargetJudgement } from './judge-targets.ts'
import type { OperationReport } from './report.ts'
import { targetLabel } from './samples.ts'
import { latenessAt } from './watchdog.ts'
import type { WatchdogReport } from './watchdog.ts'

/** The share of arrivals that may fail or be dropped. */
export const ERROR_BUDGET = 0.001
/** What must be offered of what was scheduled, and achieved of what was offered. */
const KEPT_SHARE = 0.99
/** Standard deviations by which an observed refusal share may leave its range by chance. */
const REFUSAL_SIGMAS = 4
const LATE_P99_MICROS = 5_000

/** All that a verdict on the traffic rests on. Reports are merged over all workers, of the measured phase. */
export interface JudgedRun {
  readonly operations: readonly { readonly operation: AnyOperation; readonly report: OperationReport }[]
  readonly flows: readonly { readonly flow: Flow; readonly report: FlowReport }[]
  readonly watchdog: WatchdogReport
  readonly measureSeconds: number
  readonly closedLoop: boolean
  readonly interrupted: boolean
  /** Load workers that died outside an injected fault. */
  readonly deadWorkers: number
  /** Of a suite of queries, in the place of traffic. */
  readonly queries?: Pick<QueriesResult, 'rows' | 'results'> | undefined
}

/** A reason for a verdict other than PASS. */
export interface VerdictReason {
  readonly verdict: Verdict
  readonly reason: string
}

/** What the traffic of a run showed. Audits add their own reasons; `decideVerdict` (core/exit.ts) picks the verdict. */
export interface Judgement {
  /** By operation and flow, in the order handed in; targets in their own order. */
  readonly operations: readonly (readonly TargetJudgement[])[]
  readonly flows: readonly (readonly TargetJudgement[])[]
  readonly reasons: readonly VerdictReason[]
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
const percent = (share: number): string =>
  `${(100 * share).toLocaleString('en-US', { maximumFractionDigits: 3 })} %`

function targetReasons(name: string, judgements: readonly TargetJudgement[]): VerdictReason[] {
  return judgements.flatMap((judged): VerdictReason[] => {
    const label = `${targetLabel(name, judged.target)} < ${judged.target.belowMs} ms`
    const seen =
      judged.observedMs === undefined ? 'no answer there' : `${judged.observedMs.toPrecision(4)} ms`
    if (judged.undecidedBy === 'too few samples')
      return [
        {
          verdict: 'VOID',
          reason: `${label}: ${whole(judged.samples)} of ${whole(judged.needed)} samples that it needs`,
        },
      ]
    if (!judged.decided)
      return [
        {
          verdict: 'VOID',
          reason: `${label}: ${seen}, but the machine woke too late to tell whose fault that is`,
        },
      ]
    if (judged.met) return []
    const busy = judged.metLessDispatchLag ? "; the application's own event loop was busy" : ''
    return [{ verdict: 'FAIL', reason: `${label}: ${seen}${busy}` }]
  })
}

function arrivals(report: OperationReport): number {
  return report.outcomes.ok + report.outcomes.refused + failures(report.outcomes)
}

function budgetReasons(reports: readonly OperationReport[]): VerdictReason[] {
  const total = reports.reduce((sum, report) => sum + arrivals(report), 0)
  const failed = reports.reduce((sum, report) => sum + failures(report.outcomes), 0)
  const budget = `over the error budget of ${percent(ERROR_BUDGET)}`
  // One failure among few arrivals of one operation proves nothing; the total has no such excuse.
  const reasons = reports
    .filter((report) => failures(report.outcomes) > Math.max(1, ERROR_BUDGET * arrivals(report)))
    .map((report): VerdictReason => ({
      verdict: 'FAIL',
      reason: `${report.operation}: ${whole(failures(report.outcomes))} of ${whole(arrivals(report))} failed, ${budget}`,
    }))
  if (reasons.length === 0 && failed > ERROR_BUDGET * total)
    reasons.push({
      verdict: 'FAIL',
      reason: `${whole(failed)} of ${whole(total)} arrivals failed, ${budget}`,
    })
  return reasons
}

function refusalReasons(operation: AnyOperation, report: OperationReport): VerdictReason[] {
  const [lowest, highest] = operation.refusalShare ?? [0, ERROR_BUDGET]
  const total = arrivals(report)
  const refused = report.outcomes.refused
  const slack = (share: number): number => REFUSAL_SIGMAS * Math.sqrt(total * share * (1 - share))
  if (refused >= total * lowest - slack(lowest) && refused <= total * highest + slack(highest)) return []
  const expected = `${percent(lowest)} to ${percent(highest)}`
  const reason = `${operation.name}: ${percent(refused / total)} refused, ${expected} expected`
  return [{ verdict: 'FAIL', reason }]
}

function checkReasons(report: OperationReport): VerdictReason[] {
  return report.checks
    .filter((check) => check.violations > 0)
    .map((check) => ({
      verdict: 'CORRUPT',
      reason: `check ${check.name}: ${whole(check.violations)} of ${whole(check.checked)} violated`,
    }))
}

/** Whether the machine, and not the application, may have kept arrivals from being offered. */
function machineLate(run: JudgedRun): boolean {
  const lostShare = latenessAt(run.watchdog, 'max') / (run.measureSeconds * 1e6)
  return latenessAt(run.watchdog, 99) > LATE_P99_MICROS || lostShare > 1 - KEPT_SHARE
}

function rateReasons(run: JudgedRun): VerdictReason[] {
  const streams = run.operations.flatMap(({ report }) => report.streams)
  const scheduled = streams.reduce((sum, stream) => sum + stream.scheduled, 0)
  const offered = streams.reduce((sum, stream) => sum + stream.offered, 0)
  const achieved = streams.reduce((sum, stream) => sum + stream.achieved, 0)
  const inFlight = run.operations.reduce((sum, { report }) => sum + report.inFlightAtEnd, 0)
  const reasons: VerdictReason[] = []
  if (offered < KEPT_SHARE * scheduled) {
    const late = machineLate(run)
    const cause = late ? 'the machine was starved' : "the application's own event loop was busy"
    const reason = `${whole(offered)} of ${whole(scheduled)} scheduled arrivals were offered in the window: ${cause}`
    reasons.push({ verdict: late ? 'VOID' : 'FAIL', reason })
  }
  if (achieved + inFlight < KEPT_SHARE * offered)
    reasons.push({
      verdict: 'FAIL',
      reason: `${whole(achieved)} of ${whole(offered)} offered arrivals were answered in the window`,
    })
  return reasons
}

function flowReasons(report: FlowReport): VerdictReason[] {
  const { flow, missing, doubled, expected } = report
  const reasons: VerdictReason[] = []
  if (missing > 0)
    reasons.push({
      verdict: 'FAIL',
      reason: `flow ${flow}: ${whole(missing)} of ${whole(expected)} never ended`,
    })
  if (doubled > 0)
    reasons.push({ verdict: 'CORRUPT', reason: `flow ${flow}: ${whole(doubled)} ended more than once` })
  return reasons
}

function validityReasons(run: JudgedRun): VerdictReason[] {
  const reasons: VerdictReason[] = []
  const voids = (reason: string): unknown => reasons.push({ verdict: 'VOID', reason })
  if (run.interrupted) reasons.push({ verdict: 'INTERRUPTED', reason: 'the run was interrupted' })
  if (run.closedLoop)
    voids('a closed loop waits for the system under test: its percentiles hide stalls and never pass')
  if (run.deadWorkers > 0) voids(`${run.deadWorkers} load worker(s) died`)
  if (run.watchdog.suspensions > 0) voids('the machine was suspended during the run')
  if (run.queries === undefined && run.operations.every(({ report }) => arrivals(report) === 0))
    voids('nothing was measured: there are no samples')
  return reasons
}

/**
 * Judges the traffic of a run by laws 2 and 4 of design.md: targets twice, error budget, refusal shares, checks,
 * offered and achieved rates, and whether the load generator may be believed. Pure.
 */
export function judgeRun(run: JudgedRun): Judgement {
  const operations = run.operations.map(({ operation, report }) =>
    judgeOperation(operation, report, run.watchdog),
  )
  const flows = run.flows.map(({ flow, report }) => judgeFlow(flow.targets, report, run.watchdog))
  return {
    operations,
    flows,
    reasons: [
      ...validityReasons(run),
      ...(run.queries === undefined || run.interrupted
        ? []
        : queryReasons(run.queries.results, run.queries.rows)),
      ...run.operations.flatMap(({ report }) => checkReasons(report)),
      ...run.operations.flatMap(({ operation }, index) =>
        targetReasons(operation.name, operations[index] ?? []),
      ),
      ...run.flows.flatMap(({ flow }, index) => targetReasons(flow.name, flows[index] ?? [])),
      ...run.flows.flatMap(({ report }) => flowReasons(report)),
      ...budgetReasons(run.operations.map(({ report }) => report)),
      ...run.operations.flatMap(({ operation, report }) => refusalReasons(operation, report)),
      ...(run.closedLoop || run.interrupted ? [] : rateReasons(run)),
    ],
  }
}
