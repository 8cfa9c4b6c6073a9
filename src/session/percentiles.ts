import type { Percentiles } from '../core/result.ts'
import { summarise } from '../engine/histogram.ts'
import type { LatencySummary } from '../engine/histogram.ts'
import type { EncodedHistogram } from '../engine/report.ts'

const EMPTY: Percentiles = { count: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 }

/** The percentiles that a saved result keeps of a summary. */
export function savedPercentiles({ count, mean, p50, p90, p99, p999, max }: LatencySummary): Percentiles {
  return { count, mean, p50, p90, p99, p999, max }
}

/** Percentiles of an encoded histogram in milliseconds; all 0 without samples. */
export function percentiles(encoded: EncodedHistogram | undefined): Percentiles {
  return encoded === undefined ? EMPTY : savedPercentiles(summarise(encoded))
}
