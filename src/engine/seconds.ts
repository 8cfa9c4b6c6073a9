import type { OperationName } from '../core/names.ts'
import { FINE_BUCKETS, fineBucket } from './interval.ts'
import type { SecondOfOperation, SecondReport } from './report.ts'

/** The current second of one operation; the same memory is used for every second. */
export interface SecondRecord {
  offered: number
  ok: number
  refused: number
  failed: number
  dropped: number
  maxMicros: number
  readonly fine: Int32Array
}

/** The current second of all operations of one worker. */
export interface Seconds {
  readonly records: readonly SecondRecord[]
  /** Microseconds at which the current second ends. */
  endsAtMicros: number
  /** Reports the second that was current, empties it and goes on to the one that holds `nowMicros`. */
  turn(nowMicros: number): void
  /** Reports the last second, if anything happened in it. */
  finish(): void
}

/** Counts a success in the current second. */
export function countOk(second: SecondRecord, responseMicros: number): void {
  const bucket = fineBucket(responseMicros)
  second.ok += 1
  second.fine[bucket] = (second.fine[bucket] ?? 0) + 1
  if (responseMicros > second.maxMicros) second.maxMicros = responseMicros
}

function take(operation: OperationName, record: SecondRecord): SecondOfOperation | undefined {
  const { offered, ok, refused, failed, dropped, maxMicros } = record
  if (offered + ok + refused + failed + dropped === 0) return undefined
  const fine: number[] = []
  record.fine.forEach((count, bucket) => {
    if (count > 0) fine.push(bucket, count)
  })
  record.fine.fill(0)
  record.offered = record.ok = record.refused = record.failed = record.dropped = record.maxMicros = 0
  return { operation, offered, ok, refused, failed, dropped, maxMicros, fine }
}

/** Seconds counted from `zeroMicros`, the start of the measured window; `startMicros` is the start of the run. */
export function newSeconds(
  operations: readonly OperationName[],
  worker: number,
  startMicros: number,
  zeroMicros: number,
  emit: (report: SecondReport) => void,
): Seconds {
  const records = operations.map((): SecondRecord => ({
    offered: 0,
    ok: 0,
    refused: 0,
    failed: 0,
    dropped: 0,
    maxMicros: 0,
    fine: new Int32Array(FINE_BUCKETS),
  }))
  const secondOf = (micros: number): number => Math.floor((micros - zeroMicros) / 1e6)
  let current = secondOf(startMicros)
  const takeAll = (): SecondOfOperation[] =>
    records
      .map((record, index) => take(operations[index] ?? '', record))
      .filter((entry) => entry !== undefined)
  const seconds: Seconds = {
    records,
    endsAtMicros: zeroMicros + (current + 1) * 1e6,
    turn(nowMicros) {
      emit({ worker, second: current, operations: takeAll() })
      current = Math.max(current + 1, secondOf(nowMicros))
      seconds.endsAtMicros = zeroMicros + (current + 1) * 1e6
    },
    finish() {
      const last = takeAll()
      if (last.length > 0) emit({ worker, second: current, operations: last })
    },
  }
  return seconds
}
