import type { Target } from '../../core/operation.ts'
import { formatDurationMs, formatPercentile } from '../../core/units.ts'

/** A target of the model in the words of `--target`, less the operation: `cold p99<300ms`. */
export function targetText(target: Target): string {
  const bound = `${formatPercentile(target.percentile)}<${formatDurationMs(target.belowMs)}`
  return target.part === undefined ? bound : `${target.part} ${bound}`
}
