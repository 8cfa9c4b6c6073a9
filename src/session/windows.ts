import { pauseMicros } from '../engine/schedule.ts'
import type { Progress as LoadProgress, Timeline } from '../engine/timeline.ts'
import { addWatchdog } from '../engine/watchdog.ts'
import type { Watchdog, WatchdogReport } from '../engine/watchdog.ts'
import type { RunPlan } from './plan.ts'

/** Where a load stands in its course: before its start, in a window, or standing still for another run. */
type Stage = 'before' | 'warm up' | 'measure' | 'paused' | 'drain'

/** Told about once a second while the load runs; `second` counts within the phase. */
export type OnProgress = (
  phase: 'warm up' | 'measure' | 'drain',
  second: number,
  progress: LoadProgress | undefined,
) => void

const nowMicros = (): number => Number(process.hrtime.bigint() / 1000n)

/**
 * Follows the windows of a load that starts at `startAt` (`process.hrtime` microseconds): progress once a second, and
 * what the watchdog sees while it is measured, pauses left out.
 * @returns ends it, with what the watchdog saw
 */
export function followWindows(
  plan: RunPlan,
  startAt: number,
  timeline: Timeline,
  watchdog: Watchdog,
  onProgress: OnProgress,
): () => WatchdogReport {
  const measureAt = startAt + plan.warmupSeconds * 1e6
  const pause = pauseMicros(plan.schedule)
  const pauseFrom = startAt + pause.from
  const pauseTo = startAt + pause.to
  const paused = Number.isFinite(pause.to) ? pauseTo - pauseFrom : 0
  const endAt = measureAt + plan.measureSeconds * 1e6 + paused
  let stage: Stage = 'before'
  let firstHalf: WatchdogReport | undefined

  function stageAt(now: number): Stage {
    if (now < startAt) return 'before'
    if (now < measureAt) return 'warm up'
    if (now >= endAt) return 'drain'
    return now >= pauseFrom && now < pauseTo ? 'paused' : 'measure'
  }

  function turn(): void {
    const next = stageAt(nowMicros())
    if (next === stage) return
    if (next === 'paused') firstHalf = watchdog.read()
    if (next === 'measure') watchdog.reset()
    stage = next
  }

  const timers = [measureAt, pauseFrom, pauseTo]
    .filter(Number.isFinite)
    // A timer may come a millisecond early, and would find that its moment has not come.
    .map((at) => setTimeout(turn, Math.max(0, Math.ceil((at - nowMicros()) / 1e3) + 1)))
  const ticks = setInterval(() => {
    turn()
    if (stage === 'before' || stage === 'paused') return
    const now = nowMicros()
    const since = stage === 'warm up' ? startAt : stage === 'drain' ? endAt : measureAt
    const stood = stage === 'measure' && now >= pauseTo ? paused : 0
    onProgress(stage, Math.max(0, (now - since - stood) / 1e6), timeline.progress())
  }, 1_000)

  return () => {
    clearInterval(ticks)
    timers.forEach(clearTimeout)
    turn()
    if (firstHalf === undefined) return watchdog.read()
    return stage === 'paused' ? firstHalf : addWatchdog(firstHalf, watchdog.read())
  }
}
