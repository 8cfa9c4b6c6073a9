import t from 'tap'
import { OperationFailure } from '../../src/core/errors.ts'
import { shardOfId, timeOfId } from '../../src/core/snowflake.ts'
import { createPost } from '../../src/workloads/social/fixed/create-post.ts'
import { newContext, openSocialCase } from '../helpers/social-fixed.ts'
import {
  NOWHERE,
  backdoor,
  openProcess,
  postWriter,
  refusal,
  settledRelay,
} from '../helpers/social-process.ts'

const social = await openSocialCase()
const { application: app, services } = await openProcess(social, 1)
const elsewhere = (await openProcess(social, 2)).application
const { number, events, makePrivate } = backdoor(social)

const write = postWriter(app)
const settled = settledRelay(social)

t.test('a private account is closed to who does not follow, in every read and write', async (t) => {
  const [owner = 0n, stranger = 0n] = await social.users(2)
  const { postId } = await write(owner)
  await app.like({ userId: stranger, postId }, newContext())
  const { commentId } = await app.comment(
    { userId: owner, postId, parentId: undefined, content: 'mine' },
    newContext(),
  )
  await settled()
  await makePrivate(owner)
  await social.redis.flush()
  const page = { before: undefined, limit: 20 }
  const [readerId, userId] = [stranger, stranger]
  const closed = {
    readPost: refusal(app.readPost({ readerId, postId }, newContext())),
    listComments: refusal(app.listComments({ readerId, postId, ...page }, newContext())),
    readTimeline: refusal(app.readTimeline({ readerId, authorId: owner, ...page }, newContext())),
    like: refusal(app.like({ userId, postId }, newContext())),
    comment: refusal(app.comment({ userId, postId, parentId: undefined, content: 'x' }, newContext())),
    likeComment: refusal(app.likeComment({ userId, postId, commentId }, newContext())),
  }
  for (const [name, answer] of Object.entries(closed)) t.equal(await answer, 'private', name)
  t.strictSame((await app.listLikedPosts({ userId, ...page }, newContext())).posts, [])
  t.equal(
    (await app.readPost({ readerId: owner, postId }, newContext())).postId,
    postId,
    'but open to its owner',
  )
  t.ok(await app.readProfile({ readerId, userId: owner }, newContext()))
})

t.test('a block ends both edges and closes every read and write, both ways', async (t) => {
  const [first = 0n, second = 0n] = await social.users(2)
  await app.follow({ followerId: first, followingId: second }, newContext())
  await app.follow({ followerId: second, followingId: first }, newContext())
  const { postId } = await write(second)
  await app.like({ userId: first, postId }, newContext())
  await settled()
  t.strictSame(await app.block({ userId: first, blockedId: second }, newContext()), { created: true })
  t.strictSame(await app.block({ userId: first, blockedId: second }, newContext()), { created: false })
  t.equal(await number('SELECT count(*) FROM follows WHERE follower_id IN ($1, $2)', first, second), 0)
  t.equal(
    await number(
      `SELECT count(*) FROM outbox WHERE kind = 'user.unfollowed' AND actor_id IN ($1, $2)`,
      first,
      second,
    ),
    2,
  )
  const page = { before: undefined, limit: 20 }
  t.equal(
    await refusal(app.readPost({ readerId: first, postId }, newContext())),
    'blocked',
    'at once for the actor',
  )
  t.strictSame((await app.listLikedPosts({ userId: first, ...page }, newContext())).posts, [])
  const feed = await app.readFeed({ readerId: first, page: 1, ...page }, newContext())
  t.strictSame(feed.posts, [])
  t.equal(await refusal(app.like({ userId: first, postId }, newContext())), 'blocked')
  t.equal(await refusal(app.follow({ followerId: second, followingId: first }, newContext())), 'blocked')
  t.equal(await refusal(app.follow({ followerId: first, followingId: second }, newContext())), 'blocked')
  const { postId: other } = await write(first)
  t.equal(
    await refusal(
      app.comment({ userId: second, postId: other, parentId: undefined, content: 'x' }, newContext()),
    ),
    'blocked',
  )
  await settled()
  const [readerId, authorId] = [second, first]
  t.equal(
    await refusal(elsewhere.readPost({ readerId, postId: other }, newContext())),
    'blocked',
    'for the other too',
  )
  t.equal(await refusal(elsewhere.readTimeline({ readerId, authorId, ...page }, newContext())), 'blocked')
  t.equal(await refusal(elsewhere.readProfile({ readerId, userId: first }, newContext())), 'blocked')
  t.equal(
    await refusal(elsewhere.listComments({ readerId, postId: other, ...page }, newContext())),
    'blocked',
  )
  t.equal(await refusal(app.block({ userId: first, blockedId: first }, newContext())), 'self')
  t.equal(await refusal(app.block({ userId: first, blockedId: NOWHERE }, newContext())), 'not-found')
})

t.test("comments of blocked users are hidden from who reads a third one's post", async (t) => {
  const [author = 0n, reader = 0n, rude = 0n] = await social.users(3)
  const { postId } = await write(author)
  for (const userId of [rude, author])
    await app.comment({ userId, postId, parentId: undefined, content: 'hello' }, newContext())
  const authors = async (readerId: bigint): Promise<bigint[]> => {
    const page = await app.listComments({ readerId, postId, before: undefined, limit: 20 }, newContext())
    return page.comments.map((comment) => comment.authorId)
  }
  t.strictSame(await authors(reader), [author, rude])
  await app.block({ userId: reader, blockedId: rude }, newContext())
  t.strictSame(await authors(reader), [author])
})

t.test("a post carries its author's shard, name and time, and its event", async (t) => {
  const [author = 0n] = await social.users(1)
  const { postId } = await write(author, 'Ünïcödé')
  t.equal(shardOfId(postId), shardOfId(author))
  t.equal(await events('post.created', postId), 1)
  const [row] = await social.sql<{ created_at: Date; username: string }>(
    'SELECT created_at, username FROM posts WHERE post_id = $1',
    [postId],
  )
  t.equal(row?.created_at.getTime(), timeOfId(postId))
  const view = await elsewhere.readPost({ readerId: author, postId }, newContext())
  t.match(view, {
    caption: 'Ünïcödé',
    mediaUrls: ['https://example.org/1.jpg'],
    authorId: author,
    likeCount: 0,
  })
  t.equal(await refusal(write(NOWHERE)), 'not-found')
})

t.test(
  'a deleted post is gone from every read, for its author at once, and takes no more likes',
  async (t) => {
    const [author = 0n, reader = 0n] = await social.users(2)
    const { postId } = await write(author)
    await app.like({ userId: reader, postId }, newContext())
    await settled()
    await elsewhere.readPost({ readerId: author, postId }, newContext())
    t.equal(await refusal(app.deletePost({ authorId: reader, postId }, newContext())), 'not-yours')
    t.equal(await refusal(app.deletePost({ authorId: reader, postId: NOWHERE }, newContext())), 'not-found')
    t.strictSame(await app.deletePost({ authorId: author, postId }, newContext()), { removed: true })
    t.equal(await refusal(elsewhere.readPost({ readerId: author, postId }, newContext())), 'not-found')
    t.strictSame(await app.deletePost({ authorId: author, postId }, newContext()), { removed: false })
    t.equal(await events('post.deleted', postId), 1)
    const page = { before: undefined, limit: 20 }
    t.equal(await refusal(app.readPost({ readerId: reader, postId }, newContext())), 'not-found')
    t.equal(await refusal(app.listComments({ readerId: reader, postId, ...page }, newContext())), 'not-found')
    t.equal(await refusal(app.like({ userId: author, postId }, newContext())), 'not-found')
    t.equal(
      await refusal(app.comment({ userId: reader, postId, parentId: undefined, content: 'x' }, newContext())),
      'not-found',
    )
    t.strictSame((await app.listLikedPosts({ userId: reader, ...page }, newContext())).posts, [])
    t.strictSame(
      (await app.readTimeline({ readerId: reader, authorId: author, ...page }, newContext())).posts,
      [],
    )
  },
)

t.test('a reply goes to a top-level comment of the same post only', async (t) => {
  const [author = 0n, user = 0n] = await social.users(2)
  const { postId } = await write(author)
  const { postId: other } = await write(author)
  const say = (post: bigint, parentId: bigint | undefined): Promise<{ commentId: bigint }> =>
    app.comment({ userId: user, postId: post, parentId, content: 'text' }, newContext())
  const context = newContext()
  const { commentId } = await app.comment(
    { userId: user, postId, parentId: undefined, content: 'text' },
    context,
  )
  t.strictSame(context.cost.roundTripsByStore, { postgres: 1 })
  const { commentId: reply } = await say(postId, commentId)
  t.equal(shardOfId(reply), shardOfId(postId))
  t.equal(await events('comment.created', reply), 1)
  t.equal(await refusal(say(other, commentId)), 'not-found', 'a comment of another post')
  t.equal(await refusal(say(postId, reply)), 'not-found', 'a reply')
  t.equal(await refusal(say(postId, NOWHERE)), 'not-found')
  t.equal(await refusal(say(NOWHERE, undefined)), 'not-found')
  for (const content of ['', 'x'.repeat(2_201)])
    t.equal(
      await refusal(app.comment({ userId: user, postId, parentId: undefined, content }, newContext())),
      'invalid',
    )
  await settled()
  t.equal((await elsewhere.readPost({ readerId: user, postId }, newContext())).commentCount, 2)
  const { comments } = await app.listComments(
    { readerId: user, postId, before: undefined, limit: 20 },
    newContext(),
  )
  t.strictSame(
    comments.map((comment) => [comment.commentId, comment.parentId]),
    [
      [reply, commentId],
      [commentId, undefined],
    ],
  )
})

t.test('a comment like is idempotent, of a comment of that post, and is counted', async (t) => {
  const [author = 0n, user = 0n] = await social.users(2)
  const { postId } = await write(author)
  const { postId: other } = await write(author)
  const { commentId } = await app.comment(
    { userId: user, postId, parentId: undefined, content: 'text' },
    newContext(),
  )
  t.strictSame(await app.likeComment({ userId: author, postId, commentId }, newContext()), { created: true })
  t.strictSame(await app.likeComment({ userId: author, postId, commentId }, newContext()), { created: false })
  t.equal(await events('comment.liked', commentId), 1)
  t.equal(
    await refusal(app.likeComment({ userId: author, postId: other, commentId }, newContext())),
    'not-found',
  )
  await settled()
  const page = await app.listComments({ readerId: user, postId, before: undefined, limit: 20 }, newContext())
  t.equal(page.comments[0]?.likeCount, 1)
})

t.test(
  'pages of comments, timeline and likes by cursor lose and double nothing while others write',
  async (t) => {
    const [author = 0n, user = 0n] = await social.users(2)
    const made: bigint[] = []
    for (let post = 0; post < 25; post += 1) {
      const { postId } = await write(author)
      made.unshift(postId)
      await app.like({ userId: user, postId }, newContext())
    }
    const [postId = 0n] = made
    const said: bigint[] = []
    for (let comment = 0; comment < 25; comment += 1) {
      const { commentId } = await app.comment(
        { userId: user, postId, parentId: undefined, content: 'c' },
        newContext(),
      )
      said.unshift(commentId)
    }
    await settled()
    const walk = async (
      page: (before: bigint | undefined) => Promise<{ ids: bigint[]; next: bigint | undefined }>,
      disturb: () => Promise<unknown>,
    ): Promise<bigint[]> => {
      const seen: bigint[] = []
      let before: bigint | undefined
      do {
        const { ids, next } = await page(before)
        seen.push(...ids)
        before = next
        await disturb()
      } while (before !== undefined)
      return seen
    }
    const limit = 10
    const timeline = await walk(
      async (before) => {
        const page = await app.readTimeline({ readerId: user, authorId: author, before, limit }, newContext())
        return { ids: page.posts.map((post) => post.postId), next: page.next }
      },
      () => write(author),
    )
    t.strictSame(timeline, made)
    const comments = await walk(
      async (before) => {
        const page = await app.listComments({ readerId: user, postId, before, limit }, newContext())
        return { ids: page.comments.map((comment) => comment.commentId), next: page.next }
      },
      () => app.comment({ userId: user, postId, parentId: undefined, content: 'new' }, newContext()),
    )
    t.strictSame(comments, said)
    const gone = made.filter((_, index) => index % 3 === 1)
    for (const post of gone) await app.deletePost({ authorId: author, postId: post }, newContext())
    const liked = await walk(
      async (before) => {
        const page = await app.listLikedPosts({ userId: user, before, limit }, newContext())
        return { ids: page.posts.map((post) => post.postId), next: page.next }
      },
      async () => {
        const { postId: fresh } = await write(author)
        await app.like({ userId: user, postId: fresh }, newContext())
        await settled()
      },
    )
    t.strictSame(
      liked,
      made.filter((post) => !gone.includes(post)),
    )
  },
)

t.test('a write whose Redis effects fail after the commit is acknowledged all the same', async (t) => {
  const [author = 0n] = await social.users(1)
  const wave = (): Promise<never> => Promise.reject(new OperationFailure('unavailable', 'redis: gone'))
  const deaf = { ...services, redis: { ...services.redis, wave } }
  const { postId } = await createPost(deaf, { authorId: author, caption: '', mediaUrls: [] }, newContext())
  t.equal(await number('SELECT count(*) FROM posts WHERE post_id = $1', postId), 1)
})
