import { addCost, newCost } from '../core/cost.ts'
import type { Cost } from '../core/cost.ts'
import type { OperationName } from '../core/names.ts'
import type { Outcome, Phase } from '../core/operation.ts'
import { mergeEncoded } from './histogram.ts'
import { MEASURES, VIOLATION_EXAMPLES } from './recorder.ts'
import type {
  CheckReport,
  EncodedHistogram,
  FailureExample,
  Measure,
  Measures,
  OperationReport,
  PartReport,
  StreamCount,
  WorkerReport,
} from './report.ts'
import { counts } from './schedule.ts'
import type { SchedulePlan } from './schedule.ts'

const OUTCOMES: readonly Outcome[] = [
  'ok',
  'refused',
  'dropped',
  'conflict',
  'timeout',
  'unavailable',
  'unexpected',
]

function sum<Entry>(entries: readonly Entry[], value: (entry: Entry) => number): number {
  return entries.reduce((total, entry) => total + value(entry), 0)
}

/** Groups by a name, in order of first appearance. */
function group<Entry>(entries: readonly Entry[], name: (entry: Entry) => string): [string, Entry[]][] {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const found = groups.get(name(entry))
    if (found === undefined) groups.set(name(entry), [entry])
    else found.push(entry)
  }
  return [...groups]
}

function mergeMeasures(all: readonly Measures[]): Measures {
  const merged: Partial<Record<Measure, EncodedHistogram>> = {}
  for (const measure of MEASURES) {
    const histogram = mergeEncoded(all.map((measures) => measures[measure]))
    if (histogram !== undefined) merged[measure] = histogram
  }
  return merged
}

function mergeCosts(costs: readonly Cost[]): Cost {
  const total = newCost()
  for (const cost of costs) addCost(total, cost)
  return total
}

function mergeParts(parts: readonly PartReport[]): PartReport[] {
  return group(parts, ({ part }) => part).map(([part, same]) => ({
    part,
    count: sum(same, ({ count }) => count),
    measures: mergeMeasures(same.map(({ measures }) => measures)),
    cost: mergeCosts(same.map(({ cost }) => cost)),
  }))
}

function mergeChecks(checks: readonly CheckReport[]): CheckReport[] {
  return group(checks, ({ name }) => name).map(([name, same]) => ({
    name,
    checked: sum(same, ({ checked }) => checked),
    violations: sum(same, ({ violations }) => violations),
    examples: same.flatMap(({ examples }) => examples).slice(0, VIOLATION_EXAMPLES),
  }))
}

function mergeExamples(examples: readonly FailureExample[]): FailureExample[] {
  return group(examples, ({ message }) => message).map(([message, same]) => ({
    message,
    count: sum(same, ({ count }) => count),
  }))
}

function mergeOutcomes(reports: readonly OperationReport[]): Record<Outcome, number> {
  const total: Record<Outcome, number> = {
    ok: 0,
    refused: 0,
    dropped: 0,
    conflict: 0,
    timeout: 0,
    unavailable: 0,
    unexpected: 0,
  }
  for (const outcome of OUTCOMES) total[outcome] = sum(reports, ({ outcomes }) => outcomes[outcome])
  return total
}

function mergeStreams(
  plan: SchedulePlan,
  operation: string,
  phase: Phase,
  all: readonly StreamCount[],
): StreamCount[] {
  return counts(plan)
    .filter((planned) => planned.operation === operation && planned.phase === phase)
    .map(({ stream, scheduled }) => {
      const same = all.filter((count) => count.stream === stream)
      const offered = sum(same, (count) => count.offered)
      return { stream, scheduled, offered, achieved: sum(same, (count) => count.achieved) }
    })
}

/**
 * The reports of all workers as one report per operation of a phase, in the order of `operations`. Histograms add up
 * count by count, so the merge equals one histogram of all samples (design.md, law 3). Checks are of all phases: what is
 * wrong is wrong in the warm-up too.
 */
export function mergeReports(
  plan: SchedulePlan,
  operations: readonly OperationName[],
  phase: Phase,
  workers: readonly WorkerReport[],
): OperationReport[] {
  return operations.map((operation) => {
    const always = workers.flatMap((worker) =>
      worker.operations.filter((report) => report.operation === operation),
    )
    const same = always.filter((report) => report.phase === phase)
    const refusals = mergeEncoded(same.map((report) => report.refusals))
    return {
      operation,
      phase,
      streams: mergeStreams(
        plan,
        operation,
        phase,
        same.flatMap(({ streams }) => streams),
      ),
      outcomes: mergeOutcomes(same),
      droppedAtHandOver: sum(same, (report) => report.droppedAtHandOver),
      inFlightAtEnd: sum(same, (report) => report.inFlightAtEnd),
      unfinished: sum(same, (report) => report.unfinished),
      standIns: sum(same, (report) => report.standIns),
      measures: mergeMeasures(same.map(({ measures }) => measures)),
      ...(refusals === undefined ? {} : { refusals }),
      parts: mergeParts(same.flatMap(({ parts }) => parts)),
      checks: mergeChecks(always.flatMap(({ checks }) => checks)),
      unexpected: mergeExamples(same.flatMap(({ unexpected }) => unexpected)),
      cost: mergeCosts(same.map(({ cost }) => cost)),
    }
  })
}
