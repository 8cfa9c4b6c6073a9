import type { JournalEntry } from '../../../core/journal.ts'
import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { REFUSAL_RULES } from './refusal-rules.ts'
import type { RefusalRule } from './refusal-rules.ts'
import { partsOf } from '../../../patterns/audits/scan.ts'
import { followsInSeed, seededPopulation } from './seeded.ts'
import { socialAudit } from './social-audit.ts'
import type { AuditWork } from './social-audit.ts'
import { askedId, describeWrite, writesOf } from '../../../patterns/audits/writes.ts'

/** Refusals, and grants, that are looked at for each rule. */
const SAMPLE = 2_000
const PART = 500

interface ReasonRow {
  readonly right: boolean
  readonly private: bigint | null
  readonly follows: boolean
}

/** Who follows whom in the seed, and who may have come to follow whom in the run: follower first. */
interface Follows {
  inSeed(follower: bigint, following: bigint): boolean
  inRun(follower: bigint, following: bigint): boolean
}

async function readFollows({ context }: AuditWork): Promise<Follows> {
  const seeded = seededPopulation(context.population)
  const asked = new Set<string>()
  for await (const entry of writesOf(context.journal, ['follow.add', 'follow.accept'])) {
    const following = askedId(entry, entry.operation === 'follow.add' ? 'following' : 'user')
    asked.add(`${askedId(entry, 'follower')} ${following}`)
  }
  return {
    inSeed: (follower, following) => followsInSeed(seeded, follower, following),
    inRun: (follower, following) => asked.has(`${follower} ${following}`),
  }
}

async function sample(work: AuditWork, rule: RefusalRule): Promise<JournalEntry[]> {
  const refused: JournalEntry[] = []
  const granted: JournalEntry[] = []
  for await (const entry of writesOf(work.context.journal, rule.operations)) {
    if (entry.outcome === 'unknown') continue
    const list = entry.outcome === 'refused' ? refused : granted
    if (list.length < SAMPLE) list.push(entry)
  }
  return [...refused, ...granted]
}

function judge(entry: JournalEntry, row: ReasonRow | undefined, follows: Follows): string | undefined {
  const author = row?.private ?? undefined
  if (entry.outcome === 'refused') {
    // Who follows by now, but did not in the seed, may have been refused before.
    const always =
      row?.follows === true && author !== undefined && follows.inSeed(askedId(entry, 'user'), author)
    return row?.right === true || (author !== undefined && !always) ? undefined : 'refused without a reason'
  }
  if (author === undefined || row?.follows === true) return undefined
  const user = askedId(entry, 'user')
  if (follows.inSeed(user, author) || follows.inRun(user, author)) return undefined
  return `granted, though ${author} is private and was never followed`
}

async function checkRule(
  work: AuditWork,
  rule: RefusalRule,
  follows: Follows,
  findings: Findings,
): Promise<void> {
  for (const part of partsOf(await sample(work, rule), PART)) {
    const asked = part.map((entry) => rule.asked(entry))
    const columns = (asked[0] ?? []).map((_, column) => asked.map((values) => values[column] ?? ''))
    const rows = await work.postgres.query<ReasonRow>(rule.reasons, columns)
    for (const [index, entry] of part.entries()) {
      findings.checked += 1
      const wrong = judge(entry, rows[index], follows)
      if (wrong !== undefined) addViolation(findings, `${describeWrite(entry)}: ${wrong}`)
    }
  }
}

/**
 * A sample of refusals has a reason in the tables: deleted, blocked, private, not the author's, taken. And a sample of
 * grants has none against it: nobody liked or commented on what a private account posts without following it.
 */
export const refusalsRight: Audit = socialAudit(
  { name: 'refusals.right', claims: ['SOC-33'], defects: ['S-41', 'X-14'] },
  'fixed',
  async (work) => {
    const findings = newFindings()
    const follows = await readFollows(work)
    for (const rule of REFUSAL_RULES) await checkRule(work, rule, follows, findings)
    return outcomeOf(findings)
  },
)
