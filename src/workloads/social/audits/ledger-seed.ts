import type { Statement } from '../../../stores/postgres/client.ts'
import type { SocialPopulation } from '../population.ts'
import { compareChecksum, countPair, newChecksum, PRIME, residue } from '../../../patterns/audits/checksum.ts'
import type { Checksum, ChecksumRow } from '../../../patterns/audits/checksum.ts'
import { addViolation, newFindings } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { seededPost } from './seeded.ts'
import type { AuditWork } from './social-audit.ts'

function countIds(length: number, idAt: (index: number) => bigint): Checksum {
  const checksum = newChecksum()
  let sum = 0
  for (let index = 0; index < length; index += 1) sum += residue(idAt(index), PRIME.first)
  checksum.rows = length
  checksum.sum = BigInt(sum)
  return checksum
}

/** All likes of posts in the seed. */
export function seededLikes(seeded: SocialPopulation): Checksum {
  const checksum = newChecksum()
  const users = Float64Array.from({ length: seeded.size }, (_, index) =>
    residue(seeded.userId(index), PRIME.first),
  )
  for (let post = 0; post < seeded.posts; post += 1) {
    const likers = seeded.likersOf(post)
    let sum = 0
    for (const liker of likers) sum += users[liker] ?? 0
    checksum.rows += likers.length
    checksum.sum += BigInt(sum) * BigInt(residue(seeded.postId(post), PRIME.second))
  }
  return checksum
}

/** All follows in the seed. */
export function seededFollows(seeded: SocialPopulation): Checksum {
  const checksum = newChecksum()
  const users = Float64Array.from({ length: seeded.size }, (_, index) =>
    residue(seeded.userId(index), PRIME.second),
  )
  for (let follower = 0; follower < seeded.size; follower += 1) {
    const followees = seeded.followees(follower)
    let sum = 0
    for (const following of followees) sum += users[following] ?? 0
    checksum.rows += followees.length
    checksum.sum += BigInt(sum) * BigInt(residue(seeded.userId(follower), PRIME.first))
  }
  return checksum
}

/** Checksums over the rows older than id $1: `rows` and `sum`. */
export interface SeedStatements {
  readonly users: Statement
  readonly posts: Statement
  readonly comments: Statement
}

/**
 * No seeded user, post or comment was lost, and none was added that claims to be as old. `removed` are posts whose rows
 * the run may have taken away.
 */
export async function checkSeeded(
  work: AuditWork,
  seeded: SocialPopulation,
  statements: SeedStatements,
  seedEnd: bigint,
  removed: Iterable<bigint>,
): Promise<Findings> {
  const findings = newFindings()
  const posts = countIds(seeded.posts, (post) => seeded.postId(post))
  for (const post of removed) if (seededPost(seeded, post) !== undefined) countPair(posts, post, 1n, -1)
  const expected = {
    users: countIds(seeded.size, (index) => seeded.userId(index)),
    posts,
    comments: countIds(seeded.comments, (number) => seeded.comment(number).commentId),
  }
  for (const what of ['users', 'posts', 'comments'] as const) {
    const [row] = await work.postgres.query<ChecksumRow>(statements[what], [seedEnd])
    findings.checked += 1
    const wrong = compareChecksum(`seeded ${what}`, expected[what], row)
    if (wrong !== undefined) addViolation(findings, wrong)
  }
  return findings
}
