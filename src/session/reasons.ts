import type { AuditResult } from '../core/result.ts'
import type { VerdictReason } from '../engine/judge.ts'
import type { Measured } from './measure.ts'

/** One line for all audits that one cause kept from running: a store that died keeps many. */
function unableReasons(audits: readonly AuditResult[]): VerdictReason[] {
  const causes = new Map<string | null, string[]>()
  for (const { name, state, note } of audits)
    if (state === 'could not run') causes.set(note, [...(causes.get(note) ?? []), name])
  return [...causes].map(([note, names]) => {
    const which = names.length === 1 ? `audit ${names[0]}` : `${names.length} audits`
    return { verdict: 'VOID', reason: `${which}: could not run (${note})` }
  })
}

/** Before the relays have caught up, derived data differs in a sound design, too: that proves no corruption. */
function auditReasons(audits: readonly AuditResult[], drained: boolean): VerdictReason[] {
  const reasons = audits.flatMap(({ name, state, violations, note }): VerdictReason[] => {
    if (state === 'nothing to check')
      return [{ verdict: 'VOID', reason: `audit ${name}: ${state}${note === null ? '' : ` (${note})`}` }]
    if (state !== 'violated') return []
    const reason = `audit ${name}: ${violations} violated`
    if (drained) return [{ verdict: 'CORRUPT', reason }]
    return [{ verdict: 'VOID', reason: `${reason}, before the drain had ended` }]
  })
  return [...reasons, ...unableReasons(audits)]
}

function roleReasons(measured: Measured): VerdictReason[] {
  const failures = measured.roleFailures.map((reason): VerdictReason => ({ verdict: 'FAIL', reason }))
  if (!measured.drained && !measured.interrupted)
    failures.push({ verdict: 'FAIL', reason: 'the relays and flows did not drain after the last arrival' })
  return failures
}

/** What the course of a run and its audits say of the verdict, beside what the load's own figures say. */
export function reasonsAround(
  failure: string | undefined,
  measured: Measured,
  audits: readonly AuditResult[],
): readonly VerdictReason[] {
  const early: VerdictReason[] = failure === undefined ? [] : [{ verdict: 'VOID', reason: failure }]
  return [...early, ...roleReasons(measured), ...auditReasons(audits, measured.drained)]
}
