/** The exit codes of every command (cli.md). */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130

/** What a run ends in (design.md, section 2). */
export type Verdict = 'PASS' | 'FAIL' | 'CORRUPT' | 'VOID' | 'REGRESSION' | 'INTERRUPTED'

const CODES: Readonly<Record<Verdict, ExitCode>> = {
  PASS: 0,
  FAIL: 4,
  CORRUPT: 5,
  REGRESSION: 6,
  VOID: 7,
  INTERRUPTED: 130,
}

/** The order in which verdicts win when several hold: 130, 5, 7, 4, 6 (design.md, section 3). */
const PRECEDENCE: readonly Verdict[] = ['INTERRUPTED', 'CORRUPT', 'VOID', 'FAIL', 'REGRESSION']

/** The exit code of a verdict. */
export function exitCodeOf(verdict: Verdict): ExitCode {
  return CODES[verdict]
}

/** The one verdict of a run for which several may hold; PASS where none does. */
export function decideVerdict(holding: Iterable<Verdict>): Verdict {
  const set = new Set(holding)
  return PRECEDENCE.find((verdict) => set.has(verdict)) ?? 'PASS'
}
