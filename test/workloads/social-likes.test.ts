import t from 'tap'
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
const { application: app } = await openProcess(social, 1)
const elsewhere = (await openProcess(social, 2)).application
const { number, events, makePrivate } = backdoor(social)

const write = postWriter(app)
const settled = settledRelay(social)

const counted = 'SELECT coalesce(sum(count), 0) FROM counters WHERE entity_id = $1 AND kind = 1'

// These come before there is a relay, which would count what counter=delta leaves to it.
for (const counter of ['row', 'slots']) {
  t.test(
    `counter=${counter} counts in the like itself: the total is the rows, never below zero`,
    async (t) => {
      const { application } = await openProcess(social, 3, { counter })
      const [author = 0n, ...likers] = await social.users(41)
      const { postId } = await write(author)
      // Likes that come at once share a commit, and a counter row: ten groups are ten draws of a slot.
      const all = async (operation: 'like' | 'unlike'): Promise<void> => {
        for (let first = 0; first < likers.length; first += 4) {
          const group = likers.slice(first, first + 4)
          await Promise.all(
            [...group, ...group].map((userId) => application[operation]({ userId, postId }, newContext())),
          )
        }
      }
      await all('like')
      t.equal(await number(counted, postId), 40)
      const slots = await number('SELECT count(*) FROM counters WHERE entity_id = $1 AND kind = 1', postId)
      t.ok(counter === 'row' ? slots === 1 : slots > 1, `${slots} slots`)
      await all('unlike')
      t.equal(await number(counted, postId), 0)
    },
  )
}

t.test('likes that share a statement are each answered for themselves, a repeated one once', async (t) => {
  const [author = 0n, owner = 0n, stranger = 0n, blocker = 0n, user = 0n] = await social.users(5)
  const open = (await write(author)).postId
  const closed = (await write(owner)).postId
  const shut = (await write(blocker)).postId
  await makePrivate(owner)
  await app.block({ userId: blocker, blockedId: user }, newContext())
  const like = (userId: bigint, postId: bigint): Promise<unknown> =>
    application(userId, postId).catch((error: unknown) => error)
  const application = (userId: bigint, postId: bigint): Promise<{ created: boolean }> =>
    app.like({ userId, postId }, newContext())
  const answers = await Promise.all([
    like(user, open),
    like(stranger, open),
    like(user, open),
    like(user, closed),
    like(user, shut),
    like(user, NOWHERE),
    like(owner, closed),
  ])
  t.match(answers, [
    { created: true },
    { created: true },
    { created: false },
    { reason: 'private' },
    { reason: 'blocked' },
    { reason: 'not-found' },
    { created: true },
  ])
  t.equal(await number('SELECT count(*) FROM likes_by_post WHERE post_id = $1', open), 2)
  t.equal(await number("SELECT count(*) FROM outbox WHERE kind = 'like.added' AND subject_id = $1", open), 2)
})

t.test('a like repeated three times is one row, one event, one count, in one round trip', async (t) => {
  const [author = 0n, liker = 0n] = await social.users(2)
  const { postId } = await write(author)
  const context = newContext()
  const request = { userId: liker, postId }
  t.strictSame(await app.like(request, context), { created: true })
  t.strictSame(context.cost.roundTripsByStore, { postgres: 1 })
  t.strictSame(await app.like(request, newContext()), { created: false })
  t.strictSame(await app.like(request, newContext()), { created: false })
  t.equal(await number('SELECT count(*) FROM likes_by_post WHERE post_id = $1', postId), 1)
  t.equal(await events('like.added', postId), 1)
  await settled()
  t.equal((await elsewhere.readPost({ readerId: liker, postId }, newContext())).likeCount, 1)
  t.strictSame(await app.unlike(request, newContext()), { removed: true })
  t.strictSame(await app.unlike(request, newContext()), { removed: false })
  await settled()
  t.equal(await number('SELECT sum(count) FROM counters WHERE entity_id = $1 AND kind = 1', postId), 0)
  t.equal(await refusal(app.like({ userId: liker, postId: NOWHERE }, newContext())), 'not-found')
})

t.test('likes of one microsecond are not parted by a cursor', async (t) => {
  const [author = 0n, user = 0n] = await social.users(2)
  for (let post = 0; post < 6; post += 1)
    await app.like({ userId: user, postId: (await write(author)).postId }, newContext())
  await settled()
  await social.sql(`UPDATE likes_by_user SET created_at = '2026-01-01T00:00:00.123456Z' WHERE user_id = $1`, [
    user,
  ])
  const first = await app.listLikedPosts({ userId: user, before: undefined, limit: 4 }, newContext())
  t.equal(first.posts.length, 6)
  const second = await app.listLikedPosts({ userId: user, before: first.next, limit: 4 }, newContext())
  t.equal(second.posts.length, 0)
})

t.test(
  'an operation on one post locks one partition of each table that it writes, and none of the graph',
  async (t) => {
    const [author = 0n, user = 0n] = await social.users(2)
    const { postId } = await write(author)
    const statements = {
      like: 'SELECT like_posts(ARRAY[$1::bigint], ARRAY[$2::bigint], NULL)',
      unlike: 'DELETE FROM likes_by_post WHERE shard = shard_of($2) AND post_id = $2 AND user_id = $1',
    }
    for (const [name, text] of Object.entries(statements)) {
      const locked = await social.postgres.transaction(async (queries) => {
        await queries.query({ name: `test-${name}`, text }, [user, postId])
        return queries.query<{ relname: string }>({
          name: 'test-locks',
          text: `SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND c.relkind = 'r' AND c.relname ~ '^(likes_by_post|follows|blocks|users)'`,
        })
      })
      const partitions = locked.map(({ relname }) => relname.replace(/_\d+$/, ' partition')).sort()
      const expected = {
        like: ['blocks', 'likes_by_post partition', 'users'],
        unlike: ['likes_by_post partition'],
      }
      t.strictSame(partitions, expected[name as 'like' | 'unlike'], name)
    }
  },
)
