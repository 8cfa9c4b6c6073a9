import type { Statement } from '../../../stores/postgres/client.ts'
import type { SocialPopulation } from '../population.ts'
import {
  compareChecksum,
  countPair,
  newChecksum,
  pairChecksumSql,
} from '../../../patterns/audits/checksum.ts'
import type { Checksum, ChecksumRow } from '../../../patterns/audits/checksum.ts'
import { addViolation, newFindings } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { PAIR } from './graph-model.ts'
import { readPairHistories } from './pair-histories.ts'
import { seededFollows } from './ledger-seed.ts'
import type { AuditWork } from './social-audit.ts'

const RELATIONS = {
  follows: {
    name: 'audit follows checksum',
    text: `SELECT ${pairChecksumSql('follower_id', 'following_id')} FROM follows`,
  },
  'follow requests': {
    name: 'audit requests checksum',
    text: `SELECT ${pairChecksumSql('requester_id', 'target_id')} FROM follow_requests`,
  },
  blocks: {
    name: 'audit blocks checksum',
    text: `SELECT ${pairChecksumSql('user_id', 'blocked_id')} FROM blocks`,
  },
} as const satisfies Readonly<Record<string, Statement>>

type Relation = keyof typeof RELATIONS

const BITS: Readonly<Record<Relation, readonly [low: number, high: number]>> = {
  follows: [PAIR.lowFollows, PAIR.highFollows],
  'follow requests': [PAIR.lowAsked, PAIR.highAsked],
  blocks: [PAIR.lowBlocks, PAIR.highBlocks],
}

/**
 * Follows, requests and blocks that the run did not ask for are as in the seed, by count and checksum. The pairs that it
 * did ask for are the matter of the history checker.
 */
export async function checkGraph(work: AuditWork, seeded: SocialPopulation): Promise<Findings> {
  const findings = newFindings()
  const expected: Record<Relation, Checksum> = {
    follows: seededFollows(seeded),
    'follow requests': newChecksum(),
    blocks: newChecksum(),
  }
  for (const pair of await readPairHistories(work.postgres, work.context.journal, seeded)) {
    for (const relation of Object.keys(BITS) as Relation[]) {
      const [low, high] = BITS[relation]
      const count = (state: number, by: 1 | -1): void => {
        if ((state & low) !== 0) countPair(expected[relation], pair.low, pair.high, by)
        if ((state & high) !== 0) countPair(expected[relation], pair.high, pair.low, by)
      }
      count(pair.initial, -1)
      count(pair.final, 1)
    }
  }
  for (const relation of Object.keys(RELATIONS) as Relation[]) {
    const [row] = await work.postgres.query<ChecksumRow>(RELATIONS[relation])
    findings.checked += 1
    const wrong = compareChecksum(`${relation}, beside what the run asked for`, expected[relation], row)
    if (wrong !== undefined) addViolation(findings, wrong)
  }
  return findings
}
