import type { Comparison, ComparisonRow } from '../core/comparison.ts'
import type { OperationResult, Result, TargetResult } from '../core/result.ts'
import type { DefectExpectation } from '../core/workload.ts'
import { ERROR_BUDGET } from '../engine/judge.ts'

/** What one run says of a target, error budget, check or audit, in words. */
interface Finding {
  /** Undecided where the machine was too late to tell whose fault it is, or too little was seen: it speaks for nothing. */
  readonly state: 'failed' | 'held' | 'undecided'
  readonly text: string
}

function label(name: string, part: string | undefined, target: TargetResult): string {
  const percentile = target.percentile === 'max' ? 'max' : `p${target.percentile}`
  return `${name}${part === undefined ? '' : `.${part}`} ${percentile}`
}

function targetFinding(name: string, target: TargetResult): Finding {
  const seen = target.observedMs === null ? 'no answer' : `${target.observedMs.toFixed(1)} ms`
  const text = `${name} ${seen}, bound ${target.belowMs} ms`
  if (!target.decided) return { state: 'undecided', text: `${text}, undecided` }
  return { state: target.met ? 'held' : 'failed', text }
}

function targetsOf(operation: OperationResult): [string, TargetResult][] {
  return [
    ...operation.targets.map((target): [string, TargetResult] => [
      label(operation.name, undefined, target),
      target,
    ]),
    ...operation.parts.flatMap((part) =>
      part.targets.map((target): [string, TargetResult] => [
        label(operation.name, part.name, target),
        target,
      ]),
    ),
  ]
}

/** Failures and drops of an operation beyond the error budget (law 2). One among few proves nothing. */
function budgetFinding({ failed, dropped, count }: OperationResult): Finding {
  const kinds = Object.entries({ ...failed, dropped }).filter(([, times]) => times > 0)
  const lost = kinds.reduce((sum, [, times]) => sum + times, 0)
  const seen = kinds.map(([kind, times]) => `${times} ${kind}`).join(', ')
  return {
    state: lost > Math.max(1, ERROR_BUDGET * count) ? 'failed' : 'held',
    text: `${lost} of ${count} failed${seen === '' ? '' : ` (${seen})`}`,
  }
}

function findings(result: Result): Map<string, Finding> {
  const all = new Map<string, Finding>()
  for (const operation of result.operations) {
    for (const [name, target] of targetsOf(operation)) all.set(name, targetFinding(name, target))
    const budget = budgetFinding(operation)
    all.set(`${operation.name} error budget`, { ...budget, text: `${operation.name} ${budget.text}` })
    for (const { name, checked, violations } of operation.checks)
      all.set(name, {
        state: violations > 0 ? 'failed' : 'held',
        text: `${name} ${violations} of ${checked} violated`,
      })
  }
  for (const flow of result.flows) {
    for (const target of flow.targets) {
      const name = label(flow.name, undefined, target)
      all.set(name, targetFinding(name, target))
    }
  }
  for (const { name, state, checked, violations } of result.audits) {
    const text = state === 'violated' ? `${violations} of ${checked} violated` : state
    all.set(name, { state: state === 'violated' ? 'failed' : 'held', text: `${name} ${text}` })
  }
  return all
}

function row(
  expected: DefectExpectation,
  asWritten: Map<string, Finding>,
  fixed: Map<string, Finding>,
): ComparisonRow {
  const written = expected.shownBy.flatMap((name) => asWritten.get(name) ?? [])
  const shown = written.find(({ state }) => state === 'failed')
  const held = expected.shownBy.flatMap((name) => fixed.get(name) ?? [])
  const broken = held.find(({ state }) => state !== 'held')
  return {
    defect: expected.defect,
    title: expected.title,
    shownBy: expected.shownBy,
    asWritten: {
      shown: shown !== undefined,
      evidence: (shown ?? written[0])?.text ?? 'nothing was measured',
    },
    fixed: {
      held: held.length > 0 && broken === undefined,
      evidence: (broken ?? held[0])?.text ?? 'nothing was measured',
    },
  }
}

/**
 * The defects that the as-written variant declares, as the two runs show them: where the first breaks and the second
 * holds. Defects that this profile cannot show are left out.
 */
export function compareVariants(
  expectations: readonly DefectExpectation[],
  asWritten: Result,
  fixed: Result,
): Comparison {
  const written = findings(asWritten)
  const held = findings(fixed)
  return {
    schema: 'arch.comparison/1',
    workload: fixed.workload,
    profile: fixed.profile,
    startedAt: fixed.startedAt,
    results: { asWritten: 'as-written/result.json', fixed: 'fixed/result.json' },
    order: ['fixed', 'as-written', 'as-written', 'fixed'],
    rows: expectations
      .filter(({ profiles }) => profiles === undefined || profiles.includes(fixed.profile))
      .map((expected) => row(expected, written, held)),
  }
}
