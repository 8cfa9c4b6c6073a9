import type { Audit } from '../../../core/audit.ts'
import { addFindings, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { readPostDeletions } from './ledger-deletions.ts'
import { checkEdges } from './ledger-edges.ts'
import { checkEntities } from './ledger-entities.ts'
import type { Deletions } from './ledger-entities.ts'
import { checkGraph } from './ledger-graph.ts'
import { entityKinds, likesOfComments, likesOfPosts, SEED_STATEMENTS } from './ledger-kinds.ts'
import { checkProfiles } from './ledger-profiles.ts'
import { checkSeeded } from './ledger-seed.ts'
import { firstRunId, seededPopulation } from './seeded.ts'
import { socialAudit } from './social-audit.ts'
import type { AuditTitle } from '../../../patterns/audits/snapshot-audit.ts'
import type { AuditWork } from './social-audit.ts'
import { hasEntries } from '../../../patterns/audits/writes.ts'

const TITLE: AuditTitle = {
  name: 'journal.acknowledged-once',
  claims: ['SOC-45', 'SOC-54', 'SOC-61'],
  defects: ['X-16'],
}

const NONE: Deletions = { certain: new Set(), possible: new Set() }

/** What both variants have tables for. */
async function checkCommon(work: AuditWork, findings: Findings): Promise<void> {
  const { variant, context } = work
  const seeded = seededPopulation(context.population)
  const seedEnd = firstRunId(seeded)
  const { posts, comments, users } = entityKinds(variant)
  const deletions = await readPostDeletions(context, findings)
  addFindings(findings, await checkEntities(work, posts, seedEnd, deletions))
  addFindings(findings, await checkEntities(work, comments, seedEnd, NONE))
  addFindings(findings, await checkEntities(work, users, seedEnd, NONE))
  addFindings(findings, await checkEdges(work, likesOfPosts(variant, seeded)))
  const removed = variant === 'fixed' ? [] : deletions.certain
  addFindings(findings, await checkSeeded(work, seeded, SEED_STATEMENTS, seedEnd, removed))
}

/**
 * What was acknowledged is there exactly once, what got no answer 0 or 1 times, what was deleted is gone, and nothing
 * else is there beside the seed: posts, comments, users, likes, likes of comments, follows, requests, blocks and
 * profile updates (law 7).
 */
export const journalAcknowledged: Audit = socialAudit(TITLE, 'fixed', async (work) => {
  const findings = newFindings()
  const { postgres, context } = work
  if (!(await hasEntries(context.journal))) return outcomeOf(findings, 'the journal holds no writes')
  await checkCommon(work, findings)
  addFindings(findings, await checkEdges(work, likesOfComments))
  addFindings(findings, await checkProfiles(postgres, context.journal))
  addFindings(findings, await checkGraph(work, seededPopulation(context.population)))
  return outcomeOf(findings)
})

/** The same of the text's posts, comments, users and likes; it has no tables or versions for the rest. */
export const journalAcknowledgedAsWritten: Audit = socialAudit(TITLE, 'as-written', async (work) => {
  const findings = newFindings()
  if (!(await hasEntries(work.context.journal))) return outcomeOf(findings, 'the journal holds no writes')
  await checkCommon(work, findings)
  return outcomeOf(findings)
})
