import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'
import type { EncodedHistogram } from './report.ts'

/** 120 s: what took longer is recorded as this, and counted. */
const HIGHEST_MICROS = 120_000_000

/** An HDR histogram of microseconds with what its encoding does not carry. */
export interface LatencyHistogram {
  readonly hdr: Histogram
  maxMicros: number
  clamped: number
}

/** An empty histogram: 1 us to 120 s, three significant digits, about 74 KB. */
export function newHistogram(): LatencyHistogram {
  const hdr = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_MICROS,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  })
  return { hdr, maxMicros: 0, clamped: 0 }
}

/** Records one latency. The library throws on values out of range: they are clamped and counted instead. */
export function record(histogram: LatencyHistogram, micros: number): void {
  let value = Math.round(micros)
  if (value < 1) {
    if (micros < 0) histogram.clamped += 1
    value = 1
  } else if (value > HIGHEST_MICROS) {
    histogram.clamped += 1
    value = HIGHEST_MICROS
  }
  if (value > histogram.maxMicros) histogram.maxMicros = value
  histogram.hdr.recordValue(value)
}

/** The histogram as plain data, undefined when nothing was recorded. */
export function encode(histogram: LatencyHistogram | undefined): EncodedHistogram | undefined {
  if (histogram === undefined || histogram.hdr.totalCount === 0) return undefined
  const { hdr, maxMicros, clamped } = histogram
  return { v2: encodeIntoCompressedBase64(hdr), count: hdr.totalCount, maxMicros, clamped }
}

/** Adds an encoded histogram to `into`; count by count, so nothing is lost (design.md, law 3). */
function addEncoded(into: LatencyHistogram, encoded: EncodedHistogram): void {
  into.hdr.add(decodeFromCompressedBase64(encoded.v2, 32, false, HIGHEST_MICROS))
  into.maxMicros = Math.max(into.maxMicros, encoded.maxMicros)
  into.clamped += encoded.clamped
}

/** An encoded histogram, ready to be asked. */
export function decode(encoded: EncodedHistogram): LatencyHistogram {
  const histogram = newHistogram()
  addEncoded(histogram, encoded)
  return histogram
}

/** Merges encoded histograms without loss; undefined when none has samples. */
export function mergeEncoded(parts: readonly (EncodedHistogram | undefined)[]): EncodedHistogram | undefined {
  const present = parts.filter((part) => part !== undefined)
  if (present.length < 2) return present[0]
  const into = newHistogram()
  for (const part of present) addEncoded(into, part)
  return encode(into)
}

/**
 * The latency in microseconds that `percentile` of `total` arrivals stayed within, when all that are not in the
 * histogram count as over any bound (design.md, law 2). Infinity when the rank lies among those.
 */
export function latencyAt(histogram: LatencyHistogram, percentile: number | 'max', total: number): number {
  const recorded = histogram.hdr.totalCount
  if (percentile === 'max') return total > recorded ? Infinity : histogram.maxMicros
  // A product such as .999 x 20000 may come out a little over the whole number that it is.
  const rank = Math.max(1, Math.ceil((percentile / 100) * total - 1e-6))
  if (rank > recorded) return Infinity
  return Math.min(histogram.maxMicros, histogram.hdr.getValueAtPercentile((100 * rank) / recorded))
}

/** What reports print of a histogram, in milliseconds. */
export interface LatencySummary {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Percentiles of an encoded histogram, over its own samples, in milliseconds. */
export function summarise(encoded: EncodedHistogram): LatencySummary {
  const histogram = decode(encoded)
  const at = (percentile: number): number => latencyAt(histogram, percentile, encoded.count) / 1e3
  return {
    count: encoded.count,
    mean: histogram.hdr.mean / 1e3,
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: encoded.maxMicros / 1e3,
  }
}
