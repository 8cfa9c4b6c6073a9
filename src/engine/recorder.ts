import { addCost, newCost } from '../core/cost.ts'
import type { Cost } from '../core/cost.ts'
import type { PartName } from '../core/names.ts'
import type { AnyOperation, Check, Outcome, Phase, Stream } from '../core/operation.ts'
import { encode, newHistogram, record } from './histogram.ts'
import type { LatencyHistogram } from './histogram.ts'
import type { CheckReport, Measure, Measures, OperationReport } from './report.ts'

/** Examples kept of violations of one check. */
export const VIOLATION_EXAMPLES = 10
/** Distinct messages kept of unexpected failures of one operation, and how much of each. */
const UNEXPECTED_EXAMPLES = 5
const MESSAGE_CHARACTERS = 200

/** All measures, in the order in which reports show them. */
export const MEASURES: readonly Measure[] = [
  'response',
  'service',
  'dispatchLag',
  'queueWait',
  'sinceHandOver',
  'connectionHold',
]
const STREAMS: readonly Stream[] = ['mix', 'probe', 'surge']

/** Histograms by measure, made on first use. */
type MeasureSet = Partial<Record<Measure, LatencyHistogram>>

interface PartRecord {
  count: number
  readonly measures: MeasureSet
  readonly cost: Cost
}

interface CheckRecord {
  readonly check: Check<unknown, unknown, unknown>
  checked: number
  violations: number
  readonly examples: string[]
}

/** What is being recorded of one operation in one phase. */
export interface OperationRecord {
  readonly operation: AnyOperation
  readonly phase: Phase
  /** End of the phase's window on the clock: what happens later counts as neither offered nor achieved. A pause ends it too. */
  readonly windowEndMicros: number
  readonly outcomes: Record<Outcome, number>
  readonly offered: Record<Stream, number>
  readonly achieved: Record<Stream, number>
  droppedAtHandOver: number
  inFlightAtEnd: number
  unfinished: number
  standIns: number
  readonly measures: MeasureSet
  refusals: LatencyHistogram | undefined
  readonly parts: Map<PartName, PartRecord>
  readonly checks: readonly CheckRecord[]
  readonly unexpected: Map<string, number>
  readonly cost: Cost
}

/** An empty record: no histogram yet. */
export function newRecord(operation: AnyOperation, phase: Phase, windowEndMicros: number): OperationRecord {
  return {
    operation,
    phase,
    windowEndMicros,
    outcomes: { ok: 0, refused: 0, dropped: 0, conflict: 0, timeout: 0, unavailable: 0, unexpected: 0 },
    offered: { mix: 0, probe: 0, surge: 0 },
    achieved: { mix: 0, probe: 0, surge: 0 },
    droppedAtHandOver: 0,
    inFlightAtEnd: 0,
    unfinished: 0,
    standIns: 0,
    measures: {},
    refusals: undefined,
    parts: new Map(),
    checks: (operation.checks ?? []).map((check) => ({ check, checked: 0, violations: 0, examples: [] })),
    unexpected: new Map(),
    cost: newCost(),
  }
}

/** Records one latency under `measure`. */
export function recordMeasure(measures: MeasureSet, measure: Measure, micros: number): void {
  let histogram = measures[measure]
  if (histogram === undefined) {
    histogram = newHistogram()
    measures[measure] = histogram
  }
  record(histogram, micros)
}

/** The times of an arrival that ended `ok`, in microseconds on one clock. */
export interface OkTimes {
  readonly intendedMicros: number
  readonly handedMicros: number
  readonly startedMicros: number
}

function recordTimes(measures: MeasureSet, times: OkTimes, endedMicros: number): void {
  recordMeasure(measures, 'response', endedMicros - times.intendedMicros)
  recordMeasure(measures, 'service', endedMicros - times.startedMicros)
  recordMeasure(measures, 'sinceHandOver', endedMicros - times.handedMicros)
}

/** Records the latencies and the cost of a success, under its part as well where it has one. */
export function recordOk(
  into: OperationRecord,
  times: OkTimes,
  endedMicros: number,
  part: PartName | undefined,
  cost: Cost,
): void {
  recordTimes(into.measures, times, endedMicros)
  if (cost.connectionMicros > 0) recordMeasure(into.measures, 'connectionHold', cost.connectionMicros)
  addCost(into.cost, cost)
  if (part === undefined) return
  let partRecord = into.parts.get(part)
  if (partRecord === undefined) {
    partRecord = { count: 0, measures: {}, cost: newCost() }
    into.parts.set(part, partRecord)
  }
  partRecord.count += 1
  addCost(partRecord.cost, cost)
  recordTimes(partRecord.measures, times, endedMicros)
  recordMeasure(partRecord.measures, 'dispatchLag', times.handedMicros - times.intendedMicros)
  recordMeasure(partRecord.measures, 'queueWait', times.startedMicros - times.handedMicros)
}

/** Records the response time of a refusal. */
export function recordRefusal(into: OperationRecord, responseMicros: number): void {
  into.refusals ??= newHistogram()
  record(into.refusals, responseMicros)
}

/** Counts the message of a failure that nobody classified; beyond five distinct ones only the known go on counting. */
export function recordUnexpected(into: OperationRecord, error: unknown): void {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const message = text.slice(0, MESSAGE_CHARACTERS)
  const count = into.unexpected.get(message)
  if (count !== undefined || into.unexpected.size < UNEXPECTED_EXAMPLES)
    into.unexpected.set(message, (count ?? 0) + 1)
}

/** Runs the checks of an operation on one response. Whatever a check throws passes through: it is a bug. */
export function runChecks(
  into: OperationRecord,
  number: number,
  input: unknown,
  output: unknown,
  world: unknown,
): void {
  for (const entry of into.checks) {
    const seen = entry.check.check(input, output, world)
    if (seen === undefined) continue
    entry.checked += 1
    if (seen === true) continue
    entry.violations += 1
    if (entry.examples.length < VIOLATION_EXAMPLES) entry.examples.push(`arrival ${number}: ${seen.message}`)
  }
}

function encodeMeasures(measures: MeasureSet): Measures {
  const encoded: Partial<Record<Measure, NonNullable<ReturnType<typeof encode>>>> = {}
  for (const measure of MEASURES) {
    const histogram = encode(measures[measure])
    if (histogram !== undefined) encoded[measure] = histogram
  }
  return encoded
}

function checkReport({ check, checked, violations, examples }: CheckRecord): CheckReport {
  return { name: check.name, checked, violations, examples }
}

/**
 * The record as plain data. `scheduled` is left at 0: what the seed put in the window is known for the whole run, not
 * for one worker, and is filled in by the merge.
 */
export function reportOf(from: OperationRecord): OperationReport {
  const refusals = encode(from.refusals)
  return {
    operation: from.operation.name,
    phase: from.phase,
    streams: STREAMS.filter((stream) => from.offered[stream] > 0).map((stream) => ({
      stream,
      scheduled: 0,
      offered: from.offered[stream],
      achieved: from.achieved[stream],
    })),
    outcomes: { ...from.outcomes },
    droppedAtHandOver: from.droppedAtHandOver,
    inFlightAtEnd: from.inFlightAtEnd,
    unfinished: from.unfinished,
    standIns: from.standIns,
    measures: encodeMeasures(from.measures),
    ...(refusals === undefined ? {} : { refusals }),
    parts: [...from.parts].map(([part, { count, measures, cost }]) => ({
      part,
      count,
      measures: encodeMeasures(measures),
      cost: structuredClone(cost),
    })),
    checks: from.checks.map(checkReport),
    unexpected: [...from.unexpected].map(([message, count]) => ({ message, count })),
    cost: structuredClone(from.cost),
  }
}
