import { deriveSeed, random53 } from '../../../core/random.ts'
import type { Audit } from '../../../core/audit.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import { keys } from '../fixed/keys.ts'
import { feedPlaces } from './feed-places.ts'
import type { Place } from './feed-places.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { followersOf } from './followers-of.ts'
import { readRunPosts } from './run-posts.ts'
import type { RunPost } from './run-posts.ts'
import { socialAudit } from './social-audit.ts'

/** Followers looked at for each post of a pull author: he has thousands. */
const SAMPLE = 200

/** Every post is in its author's own list; one that was given up (no list) is rebuilt when somebody reads. */
async function checkAuthorLists(
  redis: RedisClient,
  posts: readonly RunPost[],
  findings: Findings,
): Promise<void> {
  for (const { authorId, postId } of posts) {
    const list = keys.author(authorId)
    const [exists, place] = await redis.wave([
      ['exists', list],
      ['lpos', list, String(postId)],
    ])
    if (exists !== 1) continue
    findings.checked += 1
    if (place === null) addViolation(findings, `author:${authorId}: post ${postId} is missing`)
  }
}

function sampleOf(readers: readonly bigint[], seed: number, authorId: bigint): bigint[] {
  if (readers.length <= SAMPLE) return [...readers]
  const root = deriveSeed(seed, `readers of ${authorId}`)
  return Array.from(
    { length: SAMPLE },
    (_, index) => readers[random53(root, index) % readers.length] ?? authorId,
  )
}

/** Warm readers know whom they have to pull: the author is in their set. */
async function checkPulls(
  redis: RedisClient,
  authorId: bigint,
  readers: readonly bigint[],
  findings: Findings,
): Promise<void> {
  const replies = await redis.wave(
    readers.flatMap((reader) => [
      ['exists', keys.feed(reader), keys.pulls(reader)] as const,
      ['sismember', keys.pulls(reader), String(authorId)] as const,
    ]),
  )
  for (const [index, reader] of readers.entries()) {
    if (replies[2 * index] !== 2) continue
    findings.checked += 1
    if (replies[2 * index + 1] !== 1)
      addViolation(findings, `pulls:${reader}: pull author ${authorId} is missing`)
  }
}

/**
 * Every acknowledged post by a pull author is in his own list, which his followers are set to merge, and was pushed to
 * no feed: present with zero pushes. With `fanout=push` nobody is one: then his posts must be in the feeds.
 */
export const feedsCelebrity: Audit = socialAudit(
  { name: 'feeds.celebrity-merged', claims: ['SOC-66', 'SOC-79'], defects: ['S-19', 'S-20'] },
  'fixed',
  async ({ postgres, redis, context }) => {
    const findings = newFindings()
    const fanout = context.choice['fanout']
    const posts = (await readRunPosts(postgres, context.journal)).filter((post) => post.isPull === true)
    const followers = await followersOf(
      postgres,
      posts.map((post) => post.authorId),
    )
    const samples = new Map(
      [...followers].map(([author, all]) => [author, sampleOf(all, context.seed, author)]),
    )
    const places = posts.flatMap(({ postId, authorId }) =>
      (samples.get(authorId) ?? []).map((reader): Place => ({ reader, postId, authorId })),
    )
    const wrong = fanout === 'push' ? 'missing' : 'there'
    for await (const [{ reader, postId, authorId }, state] of feedPlaces(redis, places)) {
      if (state !== 'cold') findings.checked += 1
      if (state === wrong)
        addViolation(
          findings,
          `feed:${reader}: post ${postId} by pull author ${authorId} is ${state}, fanout=${fanout}`,
        )
    }
    if (fanout === 'hybrid') {
      await checkAuthorLists(redis, posts, findings)
      for (const [author, readers] of samples) await checkPulls(redis, author, readers, findings)
    }
    return outcomeOf(findings)
  },
)
