/** Sub-buckets of an octave: a bucket is at most 1/16 of its value wide. */
const SUB_BUCKETS = 16
/** Enough for 2^27 us, over 120 s. */
export const FINE_BUCKETS: number = 24 * SUB_BUCKETS
/** Log-spaced buckets of a saved timeline: bucket i holds 10^(i/5) to 10^((i+1)/5) microseconds, up to 159 s. */
export const COARSE_BUCKETS = 41
const COARSE_PER_DECADE = 5

/** The log-linear bucket of a latency in microseconds: a few operations, no logarithm. */
export function fineBucket(micros: number): number {
  const value = Math.min(Math.max(0, Math.round(micros)), 2 ** 27 - 1)
  if (value < SUB_BUCKETS) return value
  const shift = 27 - Math.clz32(value)
  return shift * SUB_BUCKETS + (value >>> shift)
}

/** The highest latency, in microseconds, that falls into a log-linear bucket. */
export function fineBucketTop(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1
  return (((bucket % SUB_BUCKETS) + SUB_BUCKETS + 1) << shift) - 1
}

/** The log-spaced bucket that a log-linear bucket belongs to. */
export function coarseBucket(bucket: number): number {
  const top = Math.max(1, fineBucketTop(bucket))
  return Math.min(COARSE_BUCKETS - 1, Math.floor(Math.log10(top) * COARSE_PER_DECADE))
}

/**
 * The latency in microseconds that `percentile` of the samples in log-linear buckets stayed within, to within a
 * sixteenth; 0 when there are none.
 */
export function finePercentile(buckets: Int32Array | Float64Array, percentile: number): number {
  let total = 0
  for (const count of buckets) total += count
  if (total === 0) return 0
  const rank = Math.max(1, Math.ceil((percentile / 100) * total - 1e-6))
  let seen = 0
  for (let bucket = 0; bucket < buckets.length; bucket += 1) {
    seen += buckets[bucket] ?? 0
    if (seen >= rank) return fineBucketTop(bucket)
  }
  return fineBucketTop(buckets.length - 1)
}
