import t from 'tap'
import { idGenerator, shardOfId } from '../../src/core/snowflake.ts'
import type { AuditContext, AuditOutcome } from '../../src/core/audit.ts'
import type { RedisCommand } from '../../src/stores/redis/client.ts'
import { asWrittenAudits } from '../../src/workloads/social/audits/index.ts'
import { buildPopulation } from '../../src/workloads/social/population/build.ts'
import { seedVariant } from '../../src/workloads/social/seed/seed.ts'
import { socialStores } from '../../src/workloads/social/stores.ts'
import { journalOf } from '../helpers/social-data.ts'
import { startTestStores } from '../helpers/stores.ts'

const choice = { threshold: 'titles' }
const population = { seed: 9, size: 120 }
const seeded = buildPopulation(population)
const { stores } = await startTestStores(['postgres', 'redis'])
await seedVariant('as-written', stores, population, choice, () => {})
const { postgres, redis } = socialStores(stores, 'as-written')
const ids = idGenerator(1)

// Two authors whom somebody with a cached feed follows; the star gets followers enough to be a celebrity.
const followed = Array.from({ length: seeded.size }, (_, index) => index).filter((index) =>
  seeded.followers(index).some((follower) => seeded.isActive(follower)),
)
const [starIndex = 0, authorIndex = 0] = followed
const isActive = (index: number): boolean => seeded.isActive(index)
const star = seeded.userId(starIndex)
const author = seeded.userId(authorIndex)
const starFan = seeded.userId(seeded.followers(starIndex).find(isActive) ?? 0)
const fan = seeded.userId(seeded.followers(authorIndex).find(isActive) ?? 0)
const post = ids.next(shardOfId(author))
const starPost = ids.next(shardOfId(star))
const FANS = 1_000

const insertPost = (id: bigint, by: bigint): string =>
  `INSERT INTO posts (post_id, user_id, created_at, username) SELECT ${id}, user_id, now(), username
   FROM users WHERE user_id = ${by};`

await postgres.execute(`${insertPost(post, author)} ${insertPost(starPost, star)}
  INSERT INTO follows (follower_id, following_id, created_at)
    SELECT fan, ${star}, '2025-12-01' FROM generate_series(1, ${FANS}) AS fan;
  UPDATE users SET follower_count = follower_count + ${FANS} WHERE user_id = ${star};
  UPDATE users SET post_count = post_count + 1 WHERE user_id IN (${author}, ${star})`)

const readers = new Set([...seeded.followers(starIndex), ...seeded.followers(authorIndex)].filter(isActive))
for (const reader of readers) {
  const pushed = [
    ...(seeded.followers(authorIndex).includes(reader) ? [String(post)] : []),
    ...(seeded.followers(starIndex).includes(reader) ? [String(starPost)] : []),
  ]
  await redis.wave([['lpush', `feed:${seeded.userId(reader)}`, ...pushed]])
}

const journal = journalOf([
  { operation: 'post.create', keys: { author: String(author) }, result: { post: String(post) } },
  { operation: 'post.create', keys: { author: String(star) }, result: { post: String(starPost) } },
])
const context: AuditContext = { stores, population, choice, journal, seed: 1, profile: 'steady' }

function run(name: string): Promise<AuditOutcome> {
  const found = asWrittenAudits.find((audit) => audit.name === name)
  if (found === undefined) throw new Error(`no audit is called ${name}`)
  return found.run(context)
}

t.test('every audit of the text’s tables holds on data that is right, and has looked at some', async (t) => {
  for (const audit of asWrittenAudits) {
    const outcome = await audit.run(context)
    t.match(outcome, { state: 'held', violations: 0 }, audit.name)
    t.same(outcome.examples, [], audit.name)
    t.ok(outcome.checked > 0, `${audit.name} checked ${outcome.checked}`)
  }
})

interface Damage {
  readonly audit: string
  readonly what: string
  readonly sql?: string
  readonly redis?: readonly RedisCommand[]
  readonly repairSql?: string
  readonly repairRedis?: readonly RedisCommand[]
  readonly shows: RegExp
}

const damages: readonly Damage[] = [
  {
    audit: 'likes.count-equals-rows',
    what: 'a count that grew without a like (S-14)',
    sql: `UPDATE posts SET like_count = like_count + 1 WHERE post_id = ${post}`,
    repairSql: `UPDATE posts SET like_count = 0 WHERE post_id = ${post}`,
    shows: new RegExp(`post ${post}: like_count says 1, 0 likes are there`),
  },
  {
    audit: 'comments.count-equals-rows',
    what: 'a count that grew without a comment',
    sql: `UPDATE posts SET comment_count = comment_count + 1 WHERE post_id = ${post}`,
    repairSql: `UPDATE posts SET comment_count = 0 WHERE post_id = ${post}`,
    shows: new RegExp(`post ${post}: comment_count says 1, 0 comments are there`),
  },
  {
    audit: 'follows.counts-equal-edges',
    what: 'an edge that was counted twice',
    sql: `UPDATE users SET follower_count = follower_count + 1 WHERE user_id = ${author}`,
    repairSql: `UPDATE users SET follower_count = follower_count - 1 WHERE user_id = ${author}`,
    shows: new RegExp(`user ${author}: the counts say`),
  },
  {
    audit: 'usernames.unique',
    what: 'two names that differ by case only (S-10)',
    sql: `INSERT INTO users (user_id, username, email) SELECT 1, upper(username), 'x@example.org' FROM users WHERE user_id = ${author}`,
    repairSql: 'DELETE FROM users WHERE user_id = 1',
    shows: /name .*: 2 users/,
  },
  {
    audit: 'journal.acknowledged-once',
    what: 'an acknowledged post that was lost',
    sql: `DELETE FROM posts WHERE post_id = ${post}`,
    repairSql: insertPost(post, author),
    shows: new RegExp(`post ${post} of ${author}: acknowledged, and not there`),
  },
  {
    audit: 'feeds.equal-oracle',
    what: 'a feed of one pushed post that is taken for the whole (S-21)',
    redis: [
      ['rename', `feed:${fan}`, 'kept'],
      ['lpush', `feed:${fan}`, String(post)],
    ],
    repairRedis: [['rename', 'kept', `feed:${fan}`]],
    shows: new RegExp(`feed:${fan}: 1 posts on the first page, of 20; wrong from number 2`),
  },
  {
    audit: 'feeds.bounded-sorted-unique',
    what: 'a feed in the order of the pushes (S-28)',
    redis: [['rpush', 'feed:1', '5', '9']],
    repairRedis: [['del', 'feed:1']],
    shows: /feed:1 has 5 before the newer 9/,
  },
  {
    audit: 'feeds.push-complete',
    what: 'a post that a crash kept from a feed (S-27)',
    redis: [['lrem', `feed:${fan}`, 0, String(post)]],
    repairRedis: [['lpush', `feed:${fan}`, String(post)]],
    shows: new RegExp(`feed:${fan}: post ${post} by ${author} is missing`),
  },
  {
    audit: 'feeds.celebrity-merged',
    what: 'the post of a celebrity that never reaches a cached feed (S-20)',
    redis: [...readers].map((reader) => ['lrem', `feed:${seeded.userId(reader)}`, 0, String(starPost)]),
    repairRedis: [['lpush', `feed:${starFan}`, String(starPost)]],
    shows: new RegExp(`post ${starPost} by ${star} is missing`),
  },
]

for (const damage of damages) {
  t.test(`${damage.audit} sees ${damage.what}`, async (t) => {
    if (damage.sql !== undefined) await postgres.execute(damage.sql)
    if (damage.redis !== undefined) await redis.wave(damage.redis)
    const outcome = await run(damage.audit)
    t.equal(outcome.state, 'violated')
    t.match(outcome.examples.join('\n'), damage.shows)
    if (damage.repairSql !== undefined) await postgres.execute(damage.repairSql)
    if (damage.repairRedis !== undefined) await redis.wave(damage.repairRedis)
  })
}
