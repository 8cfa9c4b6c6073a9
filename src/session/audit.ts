import type { AuditResult } from '../core/result.ts'
import type { Audit, AuditContext } from '../core/audit.ts'

/**
 * Runs the audits one after the other. One that throws could not run, which makes a run VOID: it is data here, never a
 * crash. After an interruption the rest is left out.
 */
export async function runAudits(
  audits: readonly Audit[],
  context: AuditContext,
  report: (result: AuditResult, done: number) => void,
  signal: AbortSignal,
): Promise<readonly AuditResult[]> {
  const results: AuditResult[] = []
  for (const audit of audits) {
    if (signal.aborted) break
    const result = await runAudit(audit, context)
    results.push(result)
    report(result, results.length)
  }
  return results
}

async function runAudit(audit: Audit, context: AuditContext): Promise<AuditResult> {
  const { name, claims, defects } = audit
  const started = performance.now()
  const seconds = (): number => (performance.now() - started) / 1e3
  try {
    const outcome = await audit.run(context)
    const { state, checked, violations, examples } = outcome
    return {
      name,
      claims,
      defects,
      state,
      checked,
      violations,
      examples,
      note: outcome.note ?? null,
      seconds: seconds(),
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return {
      name,
      claims,
      defects,
      state: 'could not run',
      checked: 0,
      violations: 0,
      examples: [],
      note: message,
      seconds: seconds(),
    }
  }
}
