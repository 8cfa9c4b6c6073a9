import type { AuditContext } from '../../../core/audit.ts'
import { addViolation } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import type { Deletions } from './ledger-entities.ts'
import { answeredFlag, askedId, writesOf } from '../../../patterns/audits/writes.ts'

/** Which posts the journal says are deleted; a deletion acknowledged twice is a violation. */
export async function readPostDeletions(context: AuditContext, findings: Findings): Promise<Deletions> {
  const certain = new Set<bigint>()
  const possible = new Set<bigint>()
  for await (const entry of writesOf(context.journal, ['post.delete'])) {
    const post = askedId(entry, 'post')
    if (entry.outcome === 'unknown') possible.add(post)
    if (entry.outcome !== 'ok' || !answeredFlag(entry, 'removed')) continue
    findings.checked += 1
    if (certain.has(post)) addViolation(findings, `post ${post}: its one deletion was acknowledged twice`)
    certain.add(post)
  }
  return { certain, possible }
}
