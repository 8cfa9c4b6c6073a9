import t from 'tap'
import { idGenerator, shardOfId } from '../../src/core/snowflake.ts'
import type { JournalReader } from '../../src/core/journal.ts'
import type { Audit, AuditContext, AuditOutcome, StrategyChoice } from '../../src/core/workload.ts'
import type { RedisCommand } from '../../src/stores/redis/client.ts'
import { fixedAudits } from '../../src/workloads/social/audits/index.ts'
import { postCodec } from '../../src/workloads/social/fixed/cache/post-codec.ts'
import { userCodec } from '../../src/workloads/social/fixed/cache/user-codec.ts'
import { keys } from '../../src/workloads/social/fixed/keys.ts'
import { buildPopulation } from '../../src/workloads/social/population/build.ts'
import { seedVariant } from '../../src/workloads/social/seed/seed.ts'
import { socialStores } from '../../src/workloads/social/stores.ts'
import { deriveTables, feedCommands, journalOf } from '../helpers/social-data.ts'
import { startTestStores } from '../helpers/stores.ts'

const HYBRID: StrategyChoice = { fanout: 'hybrid', counter: 'delta' }
const population = { seed: 7, size: 120 }
const seeded = buildPopulation(population)
const { stores } = await startTestStores(['postgres', 'redis'])
await seedVariant('fixed', stores, population, HYBRID, () => {})
const { postgres, redis } = socialStores(stores, 'fixed')
const ids = idGenerator(1)

const byFollowers = Array.from({ length: seeded.size }, (_, index) => index)
  .filter((index) => !seeded.isPrivate(index))
  .sort((one, other) => seeded.followers(other).length - seeded.followers(one).length)
const user = (index: number): bigint => seeded.userId(index)
const star = user(byFollowers[0] ?? 0)
const author = user(byFollowers[1] ?? 0)
const fan = user(seeded.followers(byFollowers[1] ?? 0)[0] ?? 0)
const starFan = user(seeded.followers(byFollowers[0] ?? 0)[0] ?? 0)
const hermit = user(
  Array.from({ length: seeded.size }, (_, index) => index).find(
    (index) => seeded.isPrivate(index) && seeded.postsOf(index).length > 0,
  ) ?? 0,
)
const stranger = user(
  Array.from({ length: seeded.size }, (_, index) => index).find(
    (index) =>
      !seeded.followers(seeded.indexOf(hermit) ?? 0).includes(index) &&
      !seeded.followers(byFollowers[1] ?? 0).includes(index) &&
      user(index) !== hermit && user(index) !== author && user(index) !== star,
  ) ?? 0,
)

const post = ids.next(shardOfId(author))
const starPost = ids.next(shardOfId(star))
const deletedPost = ids.next(shardOfId(author))
const comment = ids.next(shardOfId(author))
const newcomer = ids.next(3)
const extra = ids.next(shardOfId(author))
const another = ids.next(shardOfId(author))
const starExtra = ids.next(shardOfId(star))
const hermitPost = seeded.postId(seeded.postsOf(seeded.indexOf(hermit) ?? 0)[0] ?? 0)

const insertPost = (id: bigint, by: bigint): string =>
  `INSERT INTO posts (post_id, user_id, created_at, username, user_profile_pic, shard)
   SELECT ${id}, user_id, time_of(${id}), username, profile_pic_url, shard FROM users WHERE user_id = ${by};`

await postgres.execute(`
  UPDATE users SET is_pull = true, pull_switched_at = '2025-12-01' WHERE user_id = ${star};
  ${insertPost(post, author)} ${insertPost(starPost, star)} ${insertPost(deletedPost, author)}
  UPDATE posts SET deleted_at = now() WHERE post_id = ${deletedPost};
  INSERT INTO likes_by_post (post_id, user_id, shard) VALUES (${post}, ${fan}, shard_of(${post}));
  INSERT INTO comments (comment_id, post_id, user_id, content, created_at, username, user_profile_pic, shard)
    SELECT ${comment}, ${post}, user_id, 'c', now(), username, profile_pic_url, shard_of(${post}) FROM users WHERE user_id = ${fan};
  INSERT INTO comment_likes (comment_id, user_id, shard) VALUES (${comment}, ${author}, shard_of(${comment}));
  INSERT INTO follows (follower_id, following_id, shard) VALUES (${stranger}, ${author}, shard_of(${stranger}));
  INSERT INTO follow_requests (target_id, requester_id, shard) VALUES (${hermit}, ${stranger}, shard_of(${hermit}));
  INSERT INTO users (user_id, username, email, shard) VALUES (${newcomer}, 'newcomer', 'new@example.org', 3);
  INSERT INTO username_claims VALUES ('newcomer', ${newcomer}, 'confirmed', now(), 1);
  INSERT INTO email_claims VALUES ('new@example.org', ${newcomer}, 'confirmed', now(), 1);
  UPDATE users SET bio = 'new' WHERE user_id = ${fan}`)

const id = String
const journal = journalOf([
  { operation: 'user.register', keys: { username: 'newcomer', email: 'new@example.org' }, result: { user: id(newcomer) } },
  { operation: 'user.register', keys: { username: 'newcomer', email: 'n2@example.org' }, outcome: 'refused' },
  { operation: 'post.create', keys: { author: id(author) }, result: { post: id(post) } },
  { operation: 'post.create', keys: { author: id(star) }, result: { post: id(starPost) } },
  { operation: 'post.create', keys: { author: id(author) }, result: { post: id(deletedPost) } },
  { operation: 'post.create', keys: { author: id(author) }, outcome: 'unknown' },
  { operation: 'post.delete', keys: { author: id(author), post: id(deletedPost) }, result: { removed: true } },
  { operation: 'post.delete', keys: { author: id(fan), post: id(post) }, outcome: 'refused' },
  { operation: 'like.add', keys: { user: id(fan), post: id(post) }, result: { created: true } },
  { operation: 'like.add', keys: { user: id(fan), post: id(post) }, result: { created: false } },
  { operation: 'like.add', keys: { user: id(stranger), post: id(hermitPost) }, outcome: 'refused' },
  { operation: 'comment.add', keys: { user: id(fan), post: id(post) }, result: { comment: id(comment) } },
  {
    operation: 'comment.like',
    keys: { user: id(author), post: id(post), comment: id(comment) },
    result: { created: true },
  },
  {
    operation: 'follow.add',
    keys: { follower: id(stranger), following: id(author) },
    result: { state: 'following', created: true },
  },
  {
    operation: 'follow.add',
    keys: { follower: id(stranger), following: id(hermit) },
    result: { state: 'requested', created: true },
  },
  { operation: 'profile.update', keys: { user: id(fan) }, result: { version: 2 } },
])

function contextOf(reader: JournalReader, choice: StrategyChoice): AuditContext {
  return { stores, population, choice, journal: reader, seed: 1, profile: 'steady' }
}

function audit(name: string): Audit {
  const found = fixedAudits.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no audit is called ${name}`)
  return found
}

function run(name: string, reader: JournalReader = journal, choice = HYBRID): Promise<AuditOutcome> {
  return audit(name).run(contextOf(reader, choice))
}

async function cachePost(likeCount: number): Promise<void> {
  const [row] = await postgres.query<{ username: string; picture: string }>(
    { name: 'test author', text: 'SELECT username, profile_pic_url AS picture FROM users WHERE user_id = $1' },
    [author],
  )
  const view = {
    postId: post,
    authorId: author,
    username: row?.username ?? '',
    pictureUrl: row?.picture ?? '',
    caption: '',
    mediaUrls: [],
    likeCount,
    commentCount: 1,
  }
  await redis.wave([
    ['set', keys.post(post), postCodec.encode({ author: id(author), authorIsPrivate: false, view })],
    ['set', keys.post(deletedPost), '-'],
  ])
}

await deriveTables(postgres)
const feeds = await feedCommands(postgres)

async function restoreRedis(): Promise<void> {
  await redis.flush()
  await redis.wave(feeds)
  await cachePost(1)
}
await restoreRedis()

t.test('every audit holds on data that is right, and has looked at some', async (t) => {
  for (const one of fixedAudits) {
    const outcome = await one.run(contextOf(journal, HYBRID))
    t.match(outcome, { state: 'held', violations: 0, examples: [] }, one.name)
    t.ok(outcome.checked > 0, `${one.name} checked ${outcome.checked}`)
  }
})

t.test('what rests on the journal finds nothing to check in an empty one', async (t) => {
  for (const name of ['journal.acknowledged-once', 'history.follow-unfollow', 'feeds.push-complete', 'refusals.right']) {
    t.match(await run(name, journalOf([])), { state: 'nothing to check', checked: 0 }, name)
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
  readonly choice?: StrategyChoice
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
    shows: new RegExp(`feed of ${stranger}: post ${hermitPost} by ${hermit}, whom the reader does not follow`),
  },
  {
    audit: 'feeds.equal-oracle',
    what: 'a feed that kept the posts of a blocked author',
    sql: `DELETE FROM follows WHERE follower_id = ${stranger} AND following_id = ${author};
      INSERT INTO blocks (user_id, blocked_id, shard) VALUES (${stranger}, ${author}, ${stranged})`,
    repair: `DELETE FROM blocks; INSERT INTO follows (follower_id, following_id, shard) VALUES (${stranger}, ${author}, ${stranged})`,
    shows: new RegExp(`feed of ${stranger}: post \\d+ by ${author}, whom the reader does not follow or who is blocked`),
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

for (const damage of damages) {
  t.test(`${damage.audit} sees ${damage.what}`, async (t) => {
    if (damage.sql !== undefined) await postgres.execute(damage.sql)
    if (damage.redis !== undefined) await redis.wave(damage.redis)
    const outcome = await run(damage.audit, journal, damage.choice)
    t.equal(outcome.state, 'violated')
    t.ok(outcome.violations > 0 && outcome.examples.length <= 10)
    t.match(outcome.examples.join('\n'), damage.shows)
    if (damage.repair !== undefined) await postgres.execute(damage.repair)
    else if (damage.sql !== undefined) await deriveTables(postgres)
    if (damage.redis !== undefined) await restoreRedis()
  })
}

t.test('a like that a private author never allowed is seen', async (t) => {
  const granted = journalOf([
    { operation: 'like.add', keys: { user: id(stranger), post: id(hermitPost) }, result: { created: true } },
  ])
  const outcome = await run('refusals.right', granted)
  t.match(outcome, { state: 'violated', violations: 1 })
  t.match(outcome.examples[0], new RegExp(`granted, though ${hermit} is private and was never followed`))
})

t.test('a follow that an answer contradicts is told with the writes that contradict each other', async (t) => {
  const add = { operation: 'follow.add', keys: { follower: id(stranger), following: id(author) } }
  const twice = journalOf([
    { ...add, result: { state: 'following', created: true } },
    { ...add, result: { state: 'following', created: true } },
  ])
  const outcome = await run('history.follow-unfollow', twice)
  t.match(outcome, { state: 'violated', checked: 2, violations: 1 })
  t.match(outcome.examples[0], /no order explains: first nothing; #0 follow\.add .*; #1 follow\.add/)
})

t.test('an unfollow without an answer explains either end', async (t) => {
  const keysOfEdge = { follower: id(stranger), following: id(author) }
  const writes = [
    { operation: 'follow.add', keys: keysOfEdge, result: { state: 'following', created: true } },
    { operation: 'follow.remove', keys: keysOfEdge, outcome: 'unknown' },
  ] as const
  t.match(await run('history.follow-unfollow', journalOf(writes)), { state: 'held', checked: 2 })
})

t.test('a journal that names no post cannot be audited, and says so', async (t) => {
  const broken = journalOf([{ operation: 'like.add', keys: { user: '1' }, result: { created: true } }])
  await t.rejects(run('journal.acknowledged-once', broken), { message: /names no post/, exitCode: 3 })
})
