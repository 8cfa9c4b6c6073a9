import type { Verdict } from '../core/exit.ts'
import type { QueryResult, QueryRunResult, QueryTargetResult } from '../core/result.ts'
import type { QueryTarget } from '../core/suite.ts'

/** A reason for a verdict other than PASS. */
interface QueryReason {
  readonly verdict: Verdict
  readonly reason: string
}

/** Runs of the protocol: once cold, twice hot. */
export const RUNS = 3

/** The slowest run by the client's clock; undefined unless all of the protocol were made. */
function slowestMs(runs: readonly QueryRunResult[]): number | undefined {
  return runs.length < RUNS ? undefined : Math.max(...runs.map(({ clientMs }) => clientMs))
}

/**
 * Judges a bound by the slowest of a query's runs (law 5) on a table of `rows`. Met on more rows than the bound's is
 * met, and missed on fewer is missed; the other way about nothing is claimed, except where the bound allows for
 * scaling. Pure.
 */
export function judgeQuery(
  target: QueryTarget,
  rows: number,
  runs: readonly QueryRunResult[],
): QueryTargetResult {
  const { belowMs, ofRows, claims, extrapolateFrom = ofRows } = target
  const slowest = slowestMs(runs)
  const extrapolated = rows < ofRows && rows >= extrapolateFrom
  const observedMs = slowest === undefined ? undefined : extrapolated ? (slowest * ofRows) / rows : slowest
  const met = observedMs !== undefined && observedMs < belowMs
  const decided = observedMs !== undefined && (extrapolated || (met ? rows >= ofRows : rows <= ofRows))
  return {
    belowMs,
    ofRows,
    claims,
    observedMs: observedMs ?? null,
    extrapolated: extrapolated && observedMs !== undefined,
    met: met && decided,
    decided,
  }
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

function reasonsOf({ name, targets, failure }: QueryResult): QueryReason[] {
  if (failure !== null) return [{ verdict: 'FAIL', reason: `query ${name}: ${failure}` }]
  return targets
    .filter(({ decided, met }) => decided && !met)
    .map(({ belowMs, ofRows, observedMs, extrapolated }) => ({
      verdict: 'FAIL',
      reason: `query ${name} max < ${whole(belowMs)} ms of ${whole(ofRows)} rows: ${whole(observedMs ?? 0)} ms${extrapolated ? ', extrapolated' : ''}`,
    }))
}

/**
 * What the queries of a run say of its verdict. Bounds of another size claim nothing; a run in which no bound was
 * decided has no conclusion (law 4).
 */
export function queryReasons(results: readonly QueryResult[], rows: number): QueryReason[] {
  const reasons = results.flatMap(reasonsOf)
  const targets = results.flatMap((result) => result.targets)
  if (reasons.length > 0 || targets.some(({ decided }) => decided)) return reasons
  const sizes = [...new Set(targets.map(({ ofRows }) => ofRows))].toSorted((one, other) => one - other)
  const needed = sizes[0] === undefined ? 'none' : `the smallest is of ${whole(sizes[0])}`
  return [{ verdict: 'VOID', reason: `no target is of ${whole(rows)} rows or fewer: ${needed}` }]
}
