import { deriveSeed, random53 } from '../../../core/random.ts'
import type { Audit } from '../../../core/audit.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import type { SocialPopulation } from '../population.ts'
import { feedPlaces } from './feed-places.ts'
import type { Place } from './feed-places.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { acknowledgedPosts } from './run-posts.ts'
import { seededPopulation } from './seeded.ts'
import { socialAudit } from './social-audit.ts'
import type { AuditTitle } from '../../../patterns/audits/snapshot-audit.ts'
import type { AuditWork } from './social-audit.ts'

/** Active followers looked at for each post: theirs are the feeds that are kept. */
const SAMPLE = 100
/** An author with this many followers is not pushed, by the text's section titles. */
const CELEBRITY_FOLLOWERS = 1_000

// Followers of the seed only: the text gives a later follower nothing of what was posted before.
const FOLLOWERS: Statement = {
  name: 'audit as-written followers',
  text: `SELECT p.post_id, p.user_id AS author_id, followers
    FROM posts p
    JOIN (SELECT following_id AS user_id, array_agg(follower_id) AS followers FROM follows
          WHERE created_at <= to_timestamp($2 / 1000.0) GROUP BY following_id) f USING (user_id)
    WHERE p.post_id = ANY ($1::bigint[])`,
}

interface FollowersRow {
  readonly post_id: bigint
  readonly author_id: bigint
  readonly followers: readonly bigint[]
}

async function readPosts(
  { postgres, context }: AuditWork,
  seeded: SocialPopulation,
): Promise<readonly FollowersRow[]> {
  const posts = [...(await acknowledgedPosts(context.journal)).keys()]
  return postgres.query<FollowersRow>(FOLLOWERS, [posts, seeded.endMs])
}

function* placesOf(rows: readonly FollowersRow[], seeded: SocialPopulation, seed: number): Generator<Place> {
  for (const { post_id, author_id, followers } of rows) {
    const active = followers.filter((follower) => seeded.isActive(seeded.indexOf(follower) ?? -1))
    const root = deriveSeed(seed, `readers of ${post_id}`)
    const drawn = new Set(
      Array.from(
        { length: SAMPLE },
        (_, index) => active[random53(root, index) % active.length] ?? author_id,
      ),
    )
    for (const reader of active.length <= SAMPLE ? active : drawn)
      yield { reader, postId: post_id, authorId: author_id }
  }
}

/** Acknowledged posts of some authors against the cached feeds of sampled followers, which the text takes as whole. */
function feedsHold(title: AuditTitle, wants: (followers: number) => boolean): Audit {
  return socialAudit(title, 'as-written', async (work) => {
    const findings = newFindings()
    const { redis, context } = work
    const seeded = seededPopulation(context.population)
    const rows = (await readPosts(work, seeded)).filter((row) => wants(row.followers.length))
    for await (const [{ reader, postId, authorId }, state] of feedPlaces(
      redis,
      placesOf(rows, seeded, context.seed),
    )) {
      if (state === 'cold') continue
      findings.checked += 1
      if (state !== 'there')
        addViolation(findings, `feed:${reader}: post ${postId} by ${authorId} is missing`)
    }
    return outcomeOf(findings)
  })
}

/** Every acknowledged post by an author below 1,000 followers is in the feeds of his followers. */
export const feedsPushAsWritten: Audit = feedsHold(
  { name: 'feeds.push-complete', claims: ['SOC-59', 'SOC-63'], defects: ['S-27'] },
  (followers) => followers < CELEBRITY_FOLLOWERS,
)

/** Every acknowledged post by a celebrity is in the feeds of his followers: with `threshold=titles` it is not (S-20). */
export const feedsCelebrityAsWritten: Audit = feedsHold(
  { name: 'feeds.celebrity-merged', claims: ['SOC-66', 'SOC-79'], defects: ['S-20'] },
  (followers) => followers >= CELEBRITY_FOLLOWERS,
)
