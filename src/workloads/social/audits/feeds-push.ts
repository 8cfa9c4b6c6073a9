import type { Audit } from '../../../core/audit.ts'
import { feedPlaces } from './feed-places.ts'
import type { Place } from './feed-places.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { followersOf } from './followers-of.ts'
import { readRunPosts } from './run-posts.ts'
import type { RunPost } from './run-posts.ts'
import { socialAudit } from './social-audit.ts'

function* placesOf(
  posts: readonly RunPost[],
  followers: ReadonlyMap<bigint, readonly bigint[]>,
): Generator<Place> {
  for (const { postId, authorId } of posts)
    for (const reader of followers.get(authorId) ?? []) yield { reader, postId, authorId }
}

/**
 * Every acknowledged post by a push author is in the feed of every follower who has one that reaches back to it. With
 * `fanout=push` every author is one; with `fanout=pull` none is, and no post of the run may be in any feed.
 */
export const feedsPush: Audit = socialAudit(
  { name: 'feeds.push-complete', claims: ['SOC-59', 'SOC-63'], defects: ['S-21', 'S-27'] },
  'fixed',
  async ({ postgres, redis, context }) => {
    const findings = newFindings()
    const fanout = context.choice['fanout']
    const posts = await readRunPosts(postgres, context.journal)
    const pushed = posts.filter((post) => fanout !== 'hybrid' || post.isPull === false)
    const followers = await followersOf(
      postgres,
      pushed.map((post) => post.authorId),
    )
    const wrong = fanout === 'pull' ? 'there' : 'missing'
    for await (const [{ reader, postId, authorId }, state] of feedPlaces(
      redis,
      placesOf(pushed, followers),
    )) {
      if (state !== 'cold') findings.checked += 1
      if (state === wrong)
        addViolation(findings, `feed:${reader}: post ${postId} by ${authorId} is ${state}, fanout=${fanout}`)
    }
    return outcomeOf(findings)
  },
)
