import t from 'tap'
import { newCost } from '../../src/core/cost.ts'
import { Refusal } from '../../src/core/errors.ts'
import type { Context, Pace, Results } from '../../src/core/operation.ts'
import { composeId } from '../../src/core/snowflake.ts'
import type { SocialApplication } from '../../src/workloads/social/application.ts'
import { openAsWritten } from '../../src/workloads/social/as-written/open.ts'
import { socialStores } from '../../src/workloads/social/stores.ts'
import type { SocialStores } from '../../src/workloads/social/stores.ts'
import { feedRead } from '../../src/workloads/social/traffic/feed-read.ts'
import type { FeedRead } from '../../src/workloads/social/traffic/feed-checks.ts'
import { profileRead } from '../../src/workloads/social/traffic/profile-read.ts'
import { socialWorld } from '../../src/workloads/social/world.ts'
import { startTestStores } from '../helpers/stores.ts'
import { workload } from '../../src/workloads/social/index.ts'

const { stores } = await startTestStores(['postgres', 'redis'])
await workload.variants['as-written'].provision(stores, () => undefined)
const social: SocialStores = socialStores(stores, 'as-written')
const { postgres, redis } = social

const results: Results = { get: () => undefined, set: () => undefined }
const pace: Pace = { expected: () => 0, lengthMicros: () => 0 }
const world = socialWorld(7, { seed: 7, size: 1_000 }, results, pace)

function context(): Context {
  return {
    deadlineAt: performance.now() + 10_000,
    signal: new AbortController().signal,
    cost: newCost(),
    faultPoint: () => undefined,
  }
}

function open(threshold: 'titles' | 'code' = 'titles', worker = 1): SocialApplication {
  return openAsWritten(social, { threshold }, worker).application
}

let users = 0

async function user(application: SocialApplication): Promise<bigint> {
  users += 1
  const request = { username: `user${users}`, email: `user${users}@example.org`, fullName: `User ${users}` }
  return (await application.register(request, context())).userId
}

async function post(application: SocialApplication, authorId: bigint): Promise<bigint> {
  return (await application.createPost({ authorId, caption: 'hello', mediaUrls: [] }, context())).postId
}

async function followers(authorId: bigint, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) =>
    composeId({ timeMs: Date.UTC(2025, 0, 1) + index, shard: 0, worker: 0, sequence: 0 }),
  )
  const text = 'INSERT INTO follows (follower_id, following_id) SELECT unnest($1::bigint[]), $2'
  await postgres.query({ name: 'test_followers', text }, [ids, authorId])
}

async function feed(application: SocialApplication, readerId: bigint, page = 1): Promise<readonly bigint[]> {
  const answer = await application.readFeed({ readerId, page, before: undefined, limit: 20 }, context())
  return answer.posts.map(({ postId }) => postId)
}

async function likes(postId: bigint): Promise<{ counted: number; rows: number }> {
  const text = `SELECT like_count AS counted, (SELECT count(*)::int FROM likes WHERE post_id = $1) AS rows
                FROM posts WHERE post_id = $1`
  const [row] = await postgres.query<{ counted: number; rows: number }>({ name: 'test_likes', text }, [
    postId,
  ])
  return row ?? { counted: NaN, rows: NaN }
}

t.test('a like that is sent three times is one row and counts three (S-14)', async (t) => {
  const application = open()
  const author = await user(application)
  const postId = await post(application, author)
  const answers: boolean[] = []
  for (let turn = 0; turn < 3; turn += 1) {
    answers.push((await application.like({ userId: author, postId }, context())).created)
  }
  t.same(answers, [true, false, false])
  t.same(await likes(postId), { counted: 3, rows: 1 })
  for (let turn = 0; turn < 4; turn += 1) await application.unlike({ userId: author, postId }, context())
  t.same(await likes(postId), { counted: -1, rows: 0 }, 'and below zero')
})

t.test('a celebrity’s post never reaches a cached feed, unless all are pushed to (S-19, S-20)', async (t) => {
  const application = open()
  const [reader, friend, celebrity] = [
    await user(application),
    await user(application),
    await user(application),
  ]
  await followers(celebrity, 1_000)
  for (const followingId of [friend, celebrity])
    await application.follow({ followerId: reader, followingId }, context())
  const [pushed, missed] = [await post(application, friend), await post(application, celebrity)]
  t.same(await feed(application, reader), [pushed])
  const everybody = await post(open('code', 2), celebrity)
  t.same(await feed(application, reader), [everybody, pushed], 'threshold=code pushes')
  await redis.wave([['del', `feed:${reader}`]])
  t.ok((await feed(application, reader)).includes(missed), 'without a cached feed the database has it')
})

t.test('a push into an empty feed is taken for the whole feed (S-21)', async (t) => {
  const application = open()
  const [reader, author] = [await user(application), await user(application)]
  const old: bigint[] = []
  for (let count = 0; count < 3; count += 1) old.push(await post(application, author))
  await application.follow({ followerId: reader, followingId: author }, context())
  t.same(await feed(application, reader), old.toReversed(), 'computed on demand')
  const pushed = await post(application, author)
  t.same(await feed(application, reader), [pushed])
})

t.test('the fan-out costs two round trips a follower inside the request (S-26, S-27)', async (t) => {
  const application = open()
  const author = await user(application)
  const cost = async (): Promise<number> => {
    const asked = context()
    await application.createPost({ authorId: author, caption: '', mediaUrls: [] }, asked)
    return asked.cost.roundTrips
  }
  await cost()
  const alone = await cost()
  await followers(author, 30)
  t.equal(await cost(), alone + 60)
})

t.test('a page repeats posts when others arrived since the page before it (S-29)', async (t) => {
  const application = open()
  const [reader, author] = [await user(application), await user(application)]
  await application.follow({ followerId: reader, followingId: author }, context())
  for (let count = 0; count < 25; count += 1) await post(application, author)
  const first = await feed(application, reader)
  await post(application, author)
  const second = await feed(application, reader, 2)
  t.equal(second.filter((id) => first.includes(id)).length, 1)
})

t.test('the second page is the first where no feed is cached (S-23)', async (t) => {
  const application = open()
  const [reader, author] = [await user(application), await user(application)]
  await post(application, author)
  await application.follow({ followerId: reader, followingId: author }, context())
  t.same(await feed(application, reader, 2), await feed(application, reader, 1))
})

t.test('a process that has read a user never sees an update, its own neither (S-32)', async (t) => {
  const [one, other] = [open('titles', 1), open('titles', 2)]
  const userId = await user(one)
  const read = (application: SocialApplication): ReturnType<SocialApplication['readProfile']> =>
    application.readProfile({ readerId: userId, userId }, context())
  await read(one)
  const update = { userId, fullName: 'New Name', bio: null, username: null }
  const { version } = await one.updateProfile(update, context())
  const stale = await read(one)
  t.equal(stale.fullName, `User ${users}`)
  t.equal((await read(other)).fullName, 'New Name', 'a process that never read it does')
  const check = profileRead.checks?.find(({ name }) => name === 'profile.read-your-update')
  const asked = { readerId: userId, userId, atLeast: version }
  t.type(check?.check(asked, stale, world), 'object', 'and the check of the traffic sees it')
  t.equal(check?.check(asked, await read(other), world), true)
})

t.test('a name is refused the second time, and a post that is gone is refused', async (t) => {
  const application = open()
  const first = await user(application)
  const request = { username: `user${users}`, email: 'else@example.org', fullName: '' }
  await t.rejects(application.register(request, context()), new Refusal('taken'))
  const postId = await post(application, first)
  t.same(await application.deletePost({ authorId: first, postId }, context()), { removed: true })
  await t.rejects(application.readPost({ readerId: first, postId }, context()), new Refusal('not-found'))
  await t.rejects(
    application.readPost({ readerId: first, postId }, context()),
    new Refusal('not-found'),
    'cached null',
  )
})

t.test('a deleted post and an unfollowed author stay in cached feeds (S-41)', async (t) => {
  const application = open()
  const [reader, author] = [await user(application), await user(application)]
  await application.follow({ followerId: reader, followingId: author }, context())
  const postId = await post(application, author)
  t.same(await feed(application, reader), [postId])
  await application.deletePost({ authorId: author, postId }, context())
  await application.unfollow({ followerId: reader, followingId: author }, context())
  t.same(await feed(application, reader), [postId])
})

t.test('comments, replies, their likes, and lists work', async (t) => {
  const application = open()
  const author = await user(application)
  const postId = await post(application, author)
  const say = (content: string, parentId?: bigint): Promise<{ commentId: bigint }> =>
    application.comment({ userId: author, postId, parentId, content }, context())
  const { commentId } = await say('first')
  const reply = await say('second', commentId)
  t.same(await application.likeComment({ userId: author, postId, commentId }, context()), { created: true })
  const page = await application.listComments(
    { readerId: author, postId, before: undefined, limit: 20 },
    context(),
  )
  t.same(
    page.comments.map((comment) => [comment.commentId, comment.parentId, comment.likeCount]),
    [
      [reply.commentId, commentId, 0],
      [commentId, undefined, 1],
    ],
  )
  await application.like({ userId: author, postId }, context())
  const lists = { before: undefined, limit: 20 }
  const liked = await application.listLikedPosts({ userId: author, ...lists }, context())
  const timeline = await application.readTimeline({ readerId: author, authorId: author, ...lists }, context())
  t.same(
    [liked, timeline].map(({ posts }) => posts.map((view) => view.postId)),
    [[postId], [postId]],
  )
})

t.test('the checks of the traffic see a one-item feed in such an answer', async (t) => {
  const { people, population } = world
  const reader = people.others.draw(0.1)
  const author = [...population.followees(reader)].find((index) => population.postsOf(index).length > 0) ?? 0
  const application = open()
  const newest = population.postsOf(author)[0] ?? 0
  await redis.wave([['rpush', `feed:${population.userId(reader)}`, String(population.postId(newest))]])
  const text = `INSERT INTO posts (post_id, user_id, caption, username, created_at) VALUES ($1, $2, '', 'somebody', now())`
  await postgres.query({ name: 'test_post', text }, [population.postId(newest), population.userId(author)])
  const read: FeedRead = {
    reader,
    readerId: population.userId(reader),
    page: 1,
    before: undefined,
    limit: 20,
    chained: false,
    isFan: false,
    key: 0,
  }
  const page = await feedRead.run(application, read, context())
  t.equal(page.posts.length, 1)
  const verdict = (name: string): unknown =>
    feedRead.checks?.find((check) => check.name === name)?.check(read, page, world)
  t.type(verdict('feed.full-page'), 'object')
  t.equal(verdict('feed.only-followed'), true)
})
