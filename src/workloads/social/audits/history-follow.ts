import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { describePair, pairOperation } from './graph-model.ts'
import { checkHistory } from '../../../patterns/audits/history.ts'
import type { HistoryVerdict } from '../../../patterns/audits/history.ts'
import { readPairHistories } from './pair-histories.ts'
import type { PairHistory } from './pair-histories.ts'
import { seededPopulation } from './seeded.ts'
import { socialAudit } from './social-audit.ts'

/** The counter-example, in order of start, and what it is held against. */
function describeViolation(pair: PairHistory, verdict: HistoryVerdict & { kind: 'violated' }): string {
  const { low, high } = pair
  const end = verdict.againstFinal ? `; in the end ${describePair(pair.final, low, high)}` : ''
  const lines = verdict.core.map((operation) => operation.label).join('; ')
  return `users ${low} and ${high}: no order explains: first ${describePair(pair.initial, low, high)}; ${lines}${end}`
}

/**
 * Follow, unfollow, accept and block of each pair of users are linearizable: some order of the writes, each between its
 * start and its answer, explains every answer and the edges that the tables hold in the end. Writes without an answer
 * may have happened or not.
 */
export const historyFollow: Audit = socialAudit(
  { name: 'history.follow-unfollow', claims: ['SOC-12', 'SOC-54'], defects: ['X-16'] },
  'fixed',
  async ({ postgres, context }) => {
    const findings = newFindings()
    const undecided: string[] = []
    for (const pair of await readPairHistories(
      postgres,
      context.journal,
      seededPopulation(context.population),
    )) {
      const verdict = checkHistory(pair.writes.map(pairOperation), pair.initial, pair.final)
      findings.checked += pair.writes.length
      if (verdict.kind === 'violated') addViolation(findings, describeViolation(pair, verdict))
      if (verdict.kind === 'undecided') undecided.push(`users ${pair.low} and ${pair.high}`)
    }
    if (undecided.length === 0 || findings.violations > 0) return outcomeOf(findings)
    const note = `${undecided.length} histories have too many orders to search: ${undecided.slice(0, 3).join(', ')}`
    return { ...outcomeOf(findings), state: 'could not run', note }
  },
)
