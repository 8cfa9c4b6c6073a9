import { deriveSeed, random53 } from '../../../core/random.ts'
import type { Audit } from '../../../core/audit.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { scanKeys } from '../../../patterns/audits/scan.ts'
import { socialAudit } from './social-audit.ts'

const SAMPLE = 50
const PAGE = 20

const ORACLE: Statement = {
  name: 'audit as-written oracle',
  text: `SELECT ARRAY(SELECT p.post_id FROM follows f JOIN posts p ON p.user_id = f.following_id
      WHERE f.follower_id = reader ORDER BY p.post_id DESC LIMIT ${PAGE}) AS page
    FROM unnest($1::bigint[]) WITH ORDINALITY AS r (reader, place) ORDER BY place`,
}

/** The first page of sampled cached feeds, which the text takes as whole, equals a brute-force oracle (S-20, S-21, S-41). */
export const feedsOracleAsWritten: Audit = socialAudit(
  { name: 'feeds.equal-oracle', claims: ['SOC-71'], defects: ['S-20', 'S-21', 'S-41'] },
  'as-written',
  async ({ postgres, redis, context }) => {
    const findings = newFindings()
    const all: string[] = []
    for await (const found of scanKeys(redis, 'feed:*')) all.push(...found)
    all.sort()
    const seed = deriveSeed(context.seed, 'feed oracle')
    const feeds = [
      ...new Set(Array.from({ length: SAMPLE }, (_, index) => all[random53(seed, index) % all.length] ?? [])),
    ].flat()
    const readers = feeds.map((feed) => BigInt(feed.slice('feed:'.length)))
    const rows = await postgres.query<{ page: readonly bigint[] }>(ORACLE, [readers])
    const pages = await redis.wave(feeds.map((feed) => ['lrange', feed, 0, PAGE - 1] as const))
    for (const [index, feed] of feeds.entries()) {
      findings.checked += 1
      const shown = pages[index] as readonly string[]
      const expected = (rows[index]?.page ?? []).map(String)
      const at = expected.findIndex((post, place) => shown[place] !== post)
      if (at >= 0 || shown.length > expected.length)
        addViolation(
          findings,
          `${feed}: ${shown.length} posts on the first page, of ${expected.length}; wrong from number ${at + 1}`,
        )
    }
    return outcomeOf(findings)
  },
)
