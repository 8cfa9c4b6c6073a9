import type { AuditOutcome } from '../../core/audit.ts'

const EXAMPLES = 10

/** What an audit has seen so far. */
export interface Findings {
  checked: number
  violations: number
  readonly examples: string[]
}

/** Nothing seen yet. */
export function newFindings(): Findings {
  return { checked: 0, violations: 0, examples: [] }
}

/** Counts one violation; the first ten are kept as lines that a person can act on. */
export function addViolation(findings: Findings, example: string): void {
  findings.violations += 1
  if (findings.examples.length < EXAMPLES) findings.examples.push(example)
}

/** Adds what another part of the same audit saw. */
export function addFindings(findings: Findings, more: Findings): void {
  findings.checked += more.checked
  findings.violations += more.violations
  findings.examples.push(...more.examples.slice(0, EXAMPLES - findings.examples.length))
}

/** Violated, held, or nothing to check: an audit that looked at nothing never holds (design.md, law 4). */
export function outcomeOf(findings: Findings, note?: string): AuditOutcome {
  const { checked, violations, examples } = findings
  const state = violations > 0 ? 'violated' : checked > 0 ? 'held' : 'nothing to check'
  return { state, checked, violations, examples, ...(note === undefined ? {} : { note }) }
}
