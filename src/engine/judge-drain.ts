import type { Verdict } from '../core/exit.ts'
import type { DrainResult } from '../core/result.ts'
import type { DrainTarget } from '../core/suite.ts'
import { watchdogLate } from './judge-targets.ts'
import type { WatchdogReport } from './watchdog.ts'

/** How the drain of a run went: seconds from the end of the window until nothing was left to do, or was given up. */
export interface Drain {
  readonly seconds: number
  readonly drained: boolean
  readonly watchdog: WatchdogReport
}

/**
 * Judges the bound of a drain. It is other processes that drain, so there is no judgement less dispatch lag: missed while
 * the machine was late is undecided, as of a flow (law 4). Pure.
 */
export function judgeDrain(target: DrainTarget, { seconds, drained, watchdog }: Drain): DrainResult {
  const met = drained && seconds < target.belowSeconds
  const isLate = watchdogLate(watchdog, { percentile: 'max', belowMs: target.belowSeconds * 1e3 })
  return { ...target, met, decided: met || !isLate }
}

/** What a drain says of the verdict; nothing where its bound was met. */
export function drainReasons(
  { belowSeconds, why, met, decided }: DrainResult,
  seconds: number,
): { readonly verdict: Verdict; readonly reason: string }[] {
  if (met) return []
  const said = `drain < ${belowSeconds} s (${why}): ${seconds.toFixed(1)} s`
  return decided
    ? [{ verdict: 'FAIL', reason: said }]
    : [
        {
          verdict: 'VOID',
          reason: `${said}, but the machine woke too late to tell whose fault that is`,
        },
      ]
}
