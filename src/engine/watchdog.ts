import { Worker } from 'node:worker_threads'
import type { LatencySummary } from './histogram.ts'
import { FINE_BUCKETS, finePercentile, fineBucketTop } from './interval.ts'

/** Words of the memory that the watchdog thread shares: stop flag, suspensions, maximum, then the buckets. */
export const WATCHDOG_STOP = 0
export const WATCHDOG_SUSPENSIONS = 1
export const WATCHDOG_MAXIMUM = 2
export const WATCHDOG_BUCKETS = 3

/** How late the machine itself woke a thread that asked for a millisecond: plain data. */
export interface WatchdogReport {
  /** Log-linear buckets of lateness (interval.ts), one count per millisecond of time. */
  readonly buckets: readonly number[]
  readonly maxMicros: number
  /** Times that the machine stood still for over 2 s: it was suspended. */
  readonly suspensions: number
}

export interface Watchdog {
  /** Forgets what was seen: the measured window begins. */
  reset(): void
  read(): WatchdogReport
  stop(): Promise<void>
}

const EXTENSION: string = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** Starts the watchdog thread (design.md, law 4); it takes one to two percent of a core. */
export async function startWatchdog(): Promise<Watchdog> {
  const words = new Int32Array(new SharedArrayBuffer((WATCHDOG_BUCKETS + FINE_BUCKETS) * 4))
  const worker = new Worker(new URL(`watchdog-thread${EXTENSION}`, import.meta.url), {
    workerData: words,
    name: 'watchdog',
  })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    worker.once('online', resolve)
    worker.once('error', reject)
  })
  return {
    reset() {
      for (let word = WATCHDOG_SUSPENSIONS; word < words.length; word += 1) Atomics.store(words, word, 0)
    },
    read: () => ({
      buckets: Array.from(words.subarray(WATCHDOG_BUCKETS)),
      maxMicros: Atomics.load(words, WATCHDOG_MAXIMUM),
      suspensions: Atomics.load(words, WATCHDOG_SUSPENSIONS),
    }),
    async stop() {
      Atomics.store(words, WATCHDOG_STOP, 1)
      Atomics.notify(words, WATCHDOG_STOP)
      await exited
    },
  }
}

/** What was seen in two windows, as one. */
export function addWatchdog(one: WatchdogReport, other: WatchdogReport): WatchdogReport {
  const longer = one.buckets.length < other.buckets.length ? other : one
  return {
    buckets: longer.buckets.map((_, bucket) => (one.buckets[bucket] ?? 0) + (other.buckets[bucket] ?? 0)),
    maxMicros: Math.max(one.maxMicros, other.maxMicros),
    suspensions: one.suspensions + other.suspensions,
  }
}

/** The lateness in microseconds that the machine stayed within for `percentile` of the time. */
export function latenessAt(report: WatchdogReport, percentile: number | 'max'): number {
  if (percentile === 'max') return report.maxMicros
  return Math.min(report.maxMicros, finePercentile(Int32Array.from(report.buckets), percentile))
}

/** The watchdog's lateness as reports print it, in milliseconds. */
export function summariseWatchdog(report: WatchdogReport): LatencySummary {
  const count = report.buckets.reduce((total, each) => total + each, 0)
  const sum = report.buckets.reduce((total, each, bucket) => total + each * fineBucketTop(bucket), 0)
  const at = (percentile: number): number => latenessAt(report, percentile) / 1e3
  return {
    count,
    mean: count === 0 ? 0 : sum / count / 1e3,
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: report.maxMicros / 1e3,
  }
}
