import type { OperationName } from '../core/names.ts'
import type { TimelineSecond } from '../core/result.ts'
import { COARSE_BUCKETS, coarseBucket, FINE_BUCKETS, finePercentile } from './interval.ts'
import type { SecondOfOperation, SecondReport } from './report.ts'

/** How a run stands, for the progress line: the last whole second, and all measured seconds so far. */
export interface Progress {
  readonly second: number
  readonly offered: number
  readonly ok: number
  readonly failed: number
  /** Response time, all operations, from the start of the measured window until now; 0 before it. */
  readonly p99Ms: number
}

/** Merges the seconds of all workers. Its memory grows by a small record per second and operation, nothing else. */
export interface Timeline {
  add(report: SecondReport): void
  /** Of the last second that every worker has reported; undefined before the first. */
  progress(): Progress | undefined
  /** The seconds of an operation that are complete; the last ones only after `finish`. */
  seconds(operation: OperationName): readonly TimelineSecond[]
  /** Takes what has been reported as complete: the run is over. */
  finish(): void
}

/** One operation in one second, while reports of other workers may still come. */
interface OpenSecond {
  offered: number
  ok: number
  refused: number
  failed: number
  maxMicros: number
  readonly fine: Int32Array
}

function addSecond(into: OpenSecond, from: SecondOfOperation): void {
  into.offered += from.offered
  into.ok += from.ok
  into.refused += from.refused
  into.failed += from.failed + from.dropped
  into.maxMicros = Math.max(into.maxMicros, from.maxMicros)
  for (let index = 0; index < from.fine.length; index += 2) {
    const bucket = from.fine[index] ?? 0
    into.fine[bucket] = (into.fine[bucket] ?? 0) + (from.fine[index + 1] ?? 0)
  }
}

function closeSecond(second: number, from: OpenSecond): TimelineSecond {
  const buckets = Array.from({ length: COARSE_BUCKETS }, () => 0)
  from.fine.forEach((count, bucket) => {
    if (count > 0) buckets[coarseBucket(bucket)] = (buckets[coarseBucket(bucket)] ?? 0) + count
  })
  return {
    second,
    ok: from.ok,
    failed: from.failed,
    refused: from.refused,
    p50: Math.min(finePercentile(from.fine, 50), from.maxMicros) / 1e3,
    p99: Math.min(finePercentile(from.fine, 99), from.maxMicros) / 1e3,
    max: from.maxMicros / 1e3,
    buckets,
  }
}

/** A timeline over `workers` workers, by second of completion. Seconds before the measured window are negative. */
export function newTimeline(workers: number): Timeline {
  const open = new Map<number, Map<OperationName, OpenSecond>>()
  const closed = new Map<OperationName, TimelineSecond[]>()
  const reported = Array.from({ length: workers }, () => -Infinity)
  const soFar = new Float64Array(FINE_BUCKETS)
  let progress: Progress | undefined

  function close(second: number, operations: ReadonlyMap<OperationName, OpenSecond>): void {
    let offered = 0
    let ok = 0
    let failed = 0
    for (const [operation, entry] of operations) {
      offered += entry.offered
      ok += entry.ok
      failed += entry.failed
      const list = closed.get(operation)
      if (list === undefined) closed.set(operation, [closeSecond(second, entry)])
      else list.push(closeSecond(second, entry))
      if (second < 0) continue
      for (let bucket = 0; bucket < FINE_BUCKETS; bucket += 1)
        soFar[bucket] = (soFar[bucket] ?? 0) + (entry.fine[bucket] ?? 0)
    }
    progress = { second, offered, ok, failed, p99Ms: finePercentile(soFar, 99) / 1e3 }
    open.delete(second)
  }

  function closeUntil(limit: number): void {
    const due = [...open].filter(([second]) => second <= limit).toSorted(([left], [right]) => left - right)
    for (const [second, operations] of due) close(second, operations)
  }

  return {
    add({ worker, second, operations }) {
      let entries = open.get(second)
      if (entries === undefined) {
        entries = new Map()
        open.set(second, entries)
      }
      for (const from of operations) {
        let entry = entries.get(from.operation)
        if (entry === undefined) {
          entry = {
            offered: 0,
            ok: 0,
            refused: 0,
            failed: 0,
            maxMicros: 0,
            fine: new Int32Array(FINE_BUCKETS),
          }
          entries.set(from.operation, entry)
        }
        addSecond(entry, from)
      }
      reported[worker] = second
      closeUntil(Math.min(...reported))
    },
    progress: () => progress,
    seconds: (operation) => closed.get(operation) ?? [],
    finish: () => closeUntil(Infinity),
  }
}

/** Upper ends of a saved timeline's buckets in milliseconds; the last bucket holds what is above the last of them. */
export function timelineBoundsMs(): number[] {
  return Array.from({ length: COARSE_BUCKETS - 1 }, (_, bucket) =>
    Number((10 ** ((bucket + 1) / 5) / 1e3).toPrecision(3)),
  )
}
