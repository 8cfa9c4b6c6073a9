import { formatDurationMs, formatPercentile } from '../../core/units.ts'
import type { TargetResult } from '../../core/result.ts'
import { milliseconds } from '../numbers.ts'

/** Percentiles that have a column of their own in the tables. */
const COLUMNS: ReadonlySet<number | 'max'> = new Set([50, 90, 99, 99.9, 'max'])

/** `✓` met, `✗` missed, `?` undecided. */
function targetMark(target: TargetResult): string {
  if (!target.decided) return '?'
  return target.met ? '✓' : '✗'
}

function note(target: TargetResult): string {
  if (target.samples < target.needed) return ` (${target.samples} of ${target.needed} samples)`
  if (target.observedMs === null) return ' (never answered)'
  if (!target.met || !COLUMNS.has(target.percentile)) return ` (${milliseconds(target.observedMs)}ms)`
  return ''
}

/** `p99<300ms ✓`, one line a target. */
export function targetLines(targets: readonly TargetResult[]): string {
  return targets
    .map((target) => {
      const bound = `${formatPercentile(target.percentile)}<${formatDurationMs(target.belowMs)}`
      return `${bound} ${targetMark(target)}${note(target)}`
    })
    .join('\n')
}
