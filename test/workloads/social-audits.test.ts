import t from 'tap'
import { shardOfId } from '../../src/core/snowflake.ts'
import type { AuditContext, AuditOutcome } from '../../src/core/audit.ts'
import type { RedisCommand } from '../../src/stores/redis/client.ts'
import { fixedAudits } from '../../src/workloads/social/audits/index.ts'
import { userCodec } from '../../src/workloads/social/fixed/cache/user-codec.ts'
import { keys } from '../../src/workloads/social/fixed/keys.ts'
import { deriveTables } from '../helpers/social-data.ts'
import {
  HYBRID,
  stores,
  population,
  seeded,
  postgres,
  redis,
  star,
  author,
  fan,
  starFan,
  hermit,
  stranger,
  post,
  starPost,
  deletedPost,
  comment,
  newcomer,
  extra,
  another,
  starExtra,
  hermitPost,
  insertPost,
  journal,
  restoreRedis,
} from '../helpers/social-run.ts'

const id = String

const rightContext: AuditContext = { stores, population, choice: HYBRID, journal, seed: 1, profile: 'steady' }

function run(name: string, choice: AuditContext['choice'] = HYBRID): Promise<AuditOutcome> {
  const found = fixedAudits.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no audit is called ${name}`)
  return found.run({ ...rightContext, choice })
}

t.test('every audit holds on data that is right, and has looked at some', async (t) => {
  for (const one of fixedAudits) {
    const outcome = await one.run(rightContext)
    t.strictSame([outcome.state, outcome.violations, outcome.examples], ['held', 0, []], one.name)
    t.ok(outcome.checked > 0, `${one.name} checked ${outcome.checked}`)
  }
})

interface Damage {
  readonly audit: string
  readonly what: string
  readonly sql?: string
  readonly redis?: readonly RedisCommand[]
  /** Mends what `sql` broke; by default all that is derived is made anew. */
  readonly repair?: string
  readonly shows: RegExp
  readonly choice?: AuditContext['choice']
}

const stranged = `shard_of(${stranger})`
const dropCheck = (table: string): string => `ALTER TABLE ${table} DROP CONSTRAINT ${table}_shard_check`
const addPostsCheck = `ALTER TABLE posts ADD CONSTRAINT posts_shard_check
  CHECK (shard = ((post_id >> 14) & 255) AND shard = ((user_id >> 14) & 255))`

const damages: readonly Damage[] = [
  {
    audit: 'likes.count-equals-rows',
    what: 'a counter that counted a like twice',
    sql: `UPDATE counters SET count = count + 1 WHERE kind = 1 AND entity_id = ${post}`,
    shows: new RegExp(`post ${post}: the counter says 2, 1 likes are there`),
  },
  {
    audit: 'likes.mirrored',
    what: 'a like that the liker does not know of',
    sql: `DELETE FROM likes_by_user WHERE user_id = ${fan} AND post_id = ${post}`,
    shows: new RegExp(`user ${fan} likes post ${post}: not among the user's likes`),
  },
  {
    audit: 'comments.count-equals-rows',
    what: 'a comment that was not counted',
    sql: `DELETE FROM counters WHERE kind = 2 AND entity_id = ${post}`,
    shows: new RegExp(`post ${post}: the counter says 0, 1 comments are there`),
  },
  {
    audit: 'comments.count-equals-rows',
    what: 'a like of a comment that was counted twice',
    sql: `UPDATE counters SET count = 2 WHERE kind = 3 AND entity_id = ${comment}`,
    shows: new RegExp(`comment ${comment}: the counter says 2, 1 likes are there`),
  },
  {
    audit: 'counters.not-negative',
    what: 'a count below zero',
    sql: `UPDATE counters SET count = -1 WHERE kind = 1 AND entity_id = ${post}`,
    shows: new RegExp(`counter 1 of ${post} is -1`),
  },
  {
    audit: 'copies.equal-users',
    what: 'a post that shows the former name',
    sql: `UPDATE posts SET username = 'former' WHERE post_id = ${post}`,
    repair: `UPDATE posts p SET username = u.username FROM users u WHERE u.user_id = p.user_id AND post_id = ${post}`,
    shows: new RegExp(`post ${post} shows former`),
  },
  {
    audit: 'copies.equal-counters',
    what: 'a post that shows an old number of likes',
    sql: `UPDATE posts SET like_count = 0 WHERE post_id = ${post}`,
    shows: new RegExp(`${post}: posts.like_count says 0, the counter 1`),
  },
  {
    audit: 'copies.equal-counters',
    what: 'a user whose row shows a follower too many',
    sql: `UPDATE users SET follower_count = follower_count + 1 WHERE user_id = ${author}`,
    shows: new RegExp(`${author}: users.follower_count says \\d+, the counter \\d+`),
  },
  {
    audit: 'copies.equal-counters',
    what: 'a comment that does not show its likes, of which one stands in another slot',
    sql: `UPDATE comments SET like_count = 1 WHERE comment_id = ${comment};
      INSERT INTO counters (entity_id, count, kind, slot, shard) VALUES (${comment}, 1, 3, 7, shard_of(${comment}))`,
    shows: new RegExp(`${comment}: comments.like_count says 1, the counter 2`),
  },
  {
    audit: 'outbox.drained',
    what: 'a change of counts that was not copied',
    sql: `INSERT INTO stale_counts (entity_id, entity, shard) VALUES (${post}, 'post', shard_of(${post}))`,
    shows: new RegExp(`post ${post}: its counts have changed and were not copied`),
  },
  {
    audit: 'follows.counts-equal-edges',
    what: 'a follower who was counted twice',
    sql: `UPDATE counters SET count = count + 1 WHERE kind = 4 AND entity_id = ${author}`,
    shows: new RegExp(`user ${author}: the counter says \\d+, \\d+ followers are there`),
  },
  {
    audit: 'follows.mirrored',
    what: 'an edge that the mirror lost',
    sql: `DELETE FROM followers WHERE follower_id = ${stranger} AND following_id = ${author}`,
    shows: new RegExp(`${stranger} follows ${author}: missing in followers`),
  },
  {
    audit: 'follows.mirrored',
    what: 'a block without its mirror',
    sql: `INSERT INTO blocks (user_id, blocked_id, shard) VALUES (${stranger}, ${newcomer}, ${stranged})`,
    repair: 'DELETE FROM blocks',
    shows: new RegExp(`${stranger} blocks ${newcomer}: missing in blocked_by`),
  },
  {
    audit: 'usernames.unique',
    what: 'two users of one name, told apart by case',
    sql: `UPDATE users SET username = 'NewComer' WHERE user_id = ${stranger}`,
    repair: `UPDATE users SET username = '${seeded.user(seeded.indexOf(stranger) ?? 0).username}' WHERE user_id = ${stranger}`,
    shows: new RegExp(`name newcomer: user ${stranger} has no claim to it`),
  },
  {
    audit: 'usernames.unique',
    what: 'half a claim that was left',
    sql: `INSERT INTO username_claims VALUES ('nobody', 1, 'claimed', now() - interval '1 hour', 1)`,
    repair: `DELETE FROM username_claims WHERE folded_name = 'nobody'`,
    shows: /name nobody: a half claim by user 1 is left/,
  },
  {
    audit: 'posts.shard-of-author',
    what: 'a post on another shard than its author',
    sql: `${dropCheck('posts')}; INSERT INTO posts (post_id, user_id, created_at, username, shard)
      VALUES (${extra}, ${author}, now(), 'x', ${(shardOfId(author) + 1) % 256})`,
    repair: `DELETE FROM posts WHERE post_id = ${extra}; ${addPostsCheck}`,
    shows: new RegExp(`post ${extra} of ${author}: in shard`),
  },
  {
    audit: 'partitions.default-empty',
    what: 'a post of a month that was not made ahead',
    sql: insertPost(2n ** 62n + BigInt(shardOfId(author) << 14), author),
    repair: `DELETE FROM posts WHERE post_id >= ${2n ** 62n}`,
    shows: /posts_default holds 1 rows/,
  },
  {
    audit: 'outbox.drained',
    what: 'an event that nobody read',
    sql: `INSERT INTO outbox (actor_id, subject_id, kind) VALUES (1, 1, 'user.changed')`,
    shows: /relay test: 1 events are unread, the oldest for \d/,
  },
  {
    audit: 'outbox.drained',
    what: 'a fan-out that stopped half way',
    sql: `INSERT INTO fanout_tasks (post_id, author_id, chunk, shard) VALUES (${post}, ${author}, 3, shard_of(${post}))`,
    shows: new RegExp(`post ${post}: its fan-out stopped before chunk 3`),
  },
  {
    audit: 'feeds.bounded-sorted-unique',
    what: 'a feed in the order of arrival',
    redis: [['rpush', keys.feed(1n), '5', '9', '7']],
    shows: /feed:1 has 5 before the newer 9/,
  },
  {
    audit: 'feeds.bounded-sorted-unique',
    what: 'a post twice in a feed',
    redis: [['rpush', keys.feed(1n), '9', '9', '7']],
    shows: /feed:1 has 9 twice/,
  },
  {
    audit: 'feeds.bounded-sorted-unique',
    what: 'a feed that was not cut',
    redis: [['rpush', keys.feed(1n), ...Array.from({ length: 1_001 }, (_, index) => id(5_000 - index))]],
    shows: /feed:1 holds 1001 posts/,
  },
  {
    audit: 'feeds.push-complete',
    what: 'a warm feed that a push passed by',
    redis: [['lrem', keys.feed(fan), 0, id(post)]],
    shows: new RegExp(`feed:${fan}: post ${post} by ${author} is missing`),
  },
  {
    audit: 'feeds.push-complete',
    what: 'a push with fanout=pull',
    choice: { fanout: 'pull', counter: 'delta' },
    shows: new RegExp(`post ${post} by ${author} is there, fanout=pull`),
  },
  {
    audit: 'feeds.celebrity-merged',
    what: 'a celebrity post that was pushed',
    redis: [['lpush', keys.feed(starFan), id(starPost)]],
    shows: new RegExp(`feed:${starFan}: post ${starPost} by pull author ${star} is there`),
  },
  {
    audit: 'feeds.celebrity-merged',
    what: 'a celebrity post that is not in the list of the author',
    redis: [['lrem', keys.author(star), 0, id(starPost)]],
    shows: new RegExp(`author:${star}: post ${starPost} is missing`),
  },
  {
    audit: 'feeds.celebrity-merged',
    what: 'a reader who does not know whom to pull',
    redis: [['srem', keys.pulls(starFan), id(star)]],
    shows: new RegExp(`pulls:${starFan}: pull author ${star} is missing`),
  },
  {
    audit: 'feeds.equal-oracle',
    what: 'a post that is missing in a feed',
    redis: [['lrem', keys.feed(stranger), 0, id(post)]],
    shows: new RegExp(`feed of ${stranger}: post ${post} by ${author} is missing`),
  },
  {
    audit: 'feeds.equal-oracle',
    what: 'a post of somebody whom the reader does not follow',
    redis: [['lpush', keys.feed(stranger), id(hermitPost)]],
    shows: new RegExp(
      `feed of ${stranger}: post ${hermitPost} by ${hermit}, whom the reader does not follow`,
    ),
  },
  {
    audit: 'feeds.equal-oracle',
    what: 'a feed that kept the posts of a blocked author',
    sql: `DELETE FROM follows WHERE follower_id = ${stranger} AND following_id = ${author};
      INSERT INTO blocks (user_id, blocked_id, shard) VALUES (${stranger}, ${author}, ${stranged})`,
    repair: `DELETE FROM blocks; INSERT INTO follows (follower_id, following_id, shard) VALUES (${stranger}, ${author}, ${stranged})`,
    shows: new RegExp(
      `feed of ${stranger}: post \\d+ by ${author}, whom the reader does not follow or who is blocked`,
    ),
  },
  {
    audit: 'cache.equals-database',
    what: 'a cached post with an old count',
    redis: [['setrange', keys.post(post), 1, '0000000007']],
    shows: new RegExp(`post:${post}: likes is 7 in the cache, 1 in the tables`),
  },
  {
    audit: 'cache.equals-database',
    what: 'a negative entry for a post that is there',
    redis: [['set', keys.post(post), '-']],
    shows: new RegExp(`post:${post} says that there is none, and there is`),
  },
  {
    audit: 'cache.equals-database',
    what: 'a cached profile that is older than its row',
    redis: [
      [
        'set',
        keys.user(newcomer),
        userCodec.encode({
          userId: newcomer,
          username: 'former',
          fullName: '',
          bio: '',
          pictureUrl: '',
          isPrivate: false,
          followerCount: 0,
          followingCount: 0,
          postCount: 0,
          version: 1,
        }),
      ],
    ],
    shows: new RegExp(`user:${newcomer}: username is former in the cache, newcomer in the tables`),
  },
  {
    audit: 'journal.acknowledged-once',
    what: 'an acknowledged post that was lost',
    sql: `DELETE FROM posts WHERE post_id = ${starPost}`,
    repair: insertPost(starPost, star),
    shows: new RegExp(`post ${starPost} of ${star}: acknowledged, and not there`),
  },
  {
    audit: 'journal.acknowledged-once',
    what: 'a deleted post that came back',
    sql: `UPDATE posts SET deleted_at = NULL WHERE post_id = ${deletedPost}`,
    repair: `UPDATE posts SET deleted_at = now() WHERE post_id = ${deletedPost}`,
    shows: new RegExp(`post ${deletedPost} of ${author}: its deletion was acknowledged, and it is there`),
  },
  {
    audit: 'journal.acknowledged-once',
    what: 'a post that nobody asked for',
    sql: insertPost(starExtra, star),
    repair: `DELETE FROM posts WHERE post_id = ${starExtra}`,
    shows: new RegExp(`post ${starExtra} of ${star}: nobody asked for it`),
  },
  {
    audit: 'journal.acknowledged-once',
    what: 'an unanswered post that happened twice',
    sql: insertPost(extra, author) + insertPost(another, author),
    repair: `DELETE FROM posts WHERE post_id IN (${extra}, ${another})`,
    shows: new RegExp(`post ${another} of ${author}: nobody asked for it`),
  },
  {
    audit: 'journal.acknowledged-once',
    what: 'an acknowledged like that was lost',
    sql: `DELETE FROM likes_by_post WHERE post_id = ${post}`,
    repair: `INSERT INTO likes_by_post (post_id, user_id, shard) VALUES (${post}, ${fan}, shard_of(${post}))`,
    shows: new RegExp(`like of a post of ${post} by ${fan}: not there before, not there now`),
  },
  {
    audit: 'journal.acknowledged-once',
    what: 'a like that nobody asked for',
    sql: `INSERT INTO likes_by_post (post_id, user_id, shard) VALUES (${post}, ${stranger}, shard_of(${post}))`,
    repair: `DELETE FROM likes_by_post WHERE post_id = ${post} AND user_id = ${stranger}`,
    shows: /like of a post, beside what the run asked for: \d+ rows should be there, \d+ are/,
  },
  {
    audit: 'journal.acknowledged-once',
    what: 'a seeded edge that was exchanged for another',
    sql: `UPDATE follows SET following_id = ${newcomer} WHERE follower_id = ${fan} AND following_id = ${author}`,
    repair: `UPDATE follows SET following_id = ${author} WHERE follower_id = ${fan} AND following_id = ${newcomer}`,
    shows: /follows, beside what the run asked for: \d+ rows as there should be, but not the same ones/,
  },
  {
    audit: 'journal.acknowledged-once',
    what: 'a profile update that was lost',
    sql: `UPDATE users SET version = 1 WHERE user_id = ${fan}`,
    repair: `UPDATE users SET version = 2 WHERE user_id = ${fan}`,
    shows: new RegExp(`user ${fan}: version 1 after 1 acknowledged updates`),
  },
  {
    audit: 'history.follow-unfollow',
    what: 'an acknowledged follow that is gone',
    sql: `DELETE FROM follows WHERE follower_id = ${stranger} AND following_id = ${author}`,
    repair: `INSERT INTO follows (follower_id, following_id, shard) VALUES (${stranger}, ${author}, ${stranged})`,
    shows: new RegExp(`no order explains: first nothing; #\\d+ follow.add .* in the end nothing`),
  },
  {
    audit: 'history.follow-unfollow',
    what: 'an edge beside a block, as two statements that missed each other leave it',
    sql: `INSERT INTO blocks (user_id, blocked_id, shard) VALUES (${author}, ${stranger}, shard_of(${author}))`,
    repair: 'DELETE FROM blocks',
    shows: new RegExp(`in the end .*${stranger} follows ${author}`),
  },
  {
    audit: 'refusals.right',
    what: 'a like that was refused without a reason',
    sql: `UPDATE users SET is_private = false WHERE user_id = ${hermit}`,
    repair: `UPDATE users SET is_private = true WHERE user_id = ${hermit}`,
    shows: new RegExp(`like.add .*post ${hermitPost}.*: refused without a reason`),
  },
]

t.test(
  'usernames.unique holds while a name is in the making: claimed just now, by a user not yet there',
  async (t) => {
    await postgres.execute(`INSERT INTO username_claims VALUES ('soon', 1, 'claimed', now(), 1)`)
    t.match(await run('usernames.unique'), { state: 'held', violations: 0 })
    await postgres.execute(`DELETE FROM username_claims WHERE folded_name = 'soon'`)
  },
)

for (const damage of damages) {
  t.test(`${damage.audit} sees ${damage.what}`, async (t) => {
    if (damage.sql !== undefined) await postgres.execute(damage.sql)
    if (damage.redis !== undefined) await redis.wave(damage.redis)
    const outcome = await run(damage.audit, damage.choice)
    t.equal(outcome.state, 'violated')
    t.ok(outcome.violations > 0 && outcome.examples.length <= 10)
    t.match(outcome.examples.join('\n'), damage.shows)
    if (damage.repair !== undefined) await postgres.execute(damage.repair)
    else if (damage.sql !== undefined) await deriveTables(postgres)
    if (damage.redis !== undefined) await restoreRedis()
  })
}
