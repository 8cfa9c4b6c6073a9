import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Refusal } from '../../src/core/errors.ts'
import type { StrategyChoice } from '../../src/core/strategy.ts'
import { fold } from '../../src/workloads/social/fixed/folding.ts'
import { socialChoice } from '../../src/workloads/social/fixed/open.ts'
import { sweepClaims } from '../../src/workloads/social/fixed/sweep-claims.ts'
import { newContext, openSocialCase, relayHere } from '../helpers/social-fixed.ts'
import { NOWHERE, backdoor, openProcess, refusal } from '../helpers/social-process.ts'

const social = await openSocialCase()
const { application: app } = await openProcess(social, 1)
const elsewhere = (await openProcess(social, 2)).application
const { number, events, makePrivate } = backdoor(social)
const relay = await relayHere(social.stores)
t.teardown(() => relay.close())

function write(author: bigint): Promise<{ postId: bigint }> {
  return app.createPost({ authorId: author, caption: '', mediaUrls: [] }, newContext())
}

t.test('register makes user, settings and confirmed claims on the shards of their keys', async (t) => {
  const request = { username: 'Grace', email: 'Grace@Example.org', fullName: 'Grace Hopper' }
  const { userId } = await app.register(request, newContext())
  const [row] = await social.sql<object>(
    `SELECT u.username, u.email, s.language, n.state AS name, e.state AS email_state
FROM users u JOIN user_settings s USING (shard, user_id)
JOIN username_claims n ON n.folded_name = 'grace' AND n.user_id = u.user_id
JOIN email_claims e ON e.folded_email = 'grace@example.org' AND e.user_id = u.user_id WHERE u.user_id = $1`,
    [userId],
  )
  t.strictSame(
    { ...row },
    {
      username: 'Grace',
      email: 'Grace@Example.org',
      language: 'en',
      name: 'confirmed',
      email_state: 'confirmed',
    },
  )
  const profile = await app.readProfile({ readerId: userId, userId }, newContext())
  t.match(profile, { username: 'Grace', fullName: 'Grace Hopper', followerCount: 0, version: 1 })
})

t.test('names that differ by case or compatibility form only are one name', async (t) => {
  t.equal(fold('ＧＲＡＣＥ'), 'grace')
  t.equal(fold('ﬁne'), fold('FINE'))
  const request = { username: 'ＧＲＡＣＥ', email: 'other@example.org', fullName: '' }
  t.equal(await refusal(app.register(request, newContext())), 'taken')
  const mail = { username: 'grace2', email: 'GRACE@example.org', fullName: '' }
  t.equal(await refusal(app.register(mail, newContext())), 'taken')
  t.equal(
    await number(`SELECT count(*) FROM username_claims WHERE folded_name = 'grace2'`),
    0,
    'the name is free again',
  )
  for (const username of ['', 'x'.repeat(31)])
    t.equal(await refusal(app.register({ ...request, username }, newContext())), 'invalid')
})

t.test('of 20 concurrent registrations of one name exactly one wins', async (t) => {
  const racers = Array.from({ length: 20 }, (_, racer) =>
    (racer % 2 === 0 ? app : elsewhere)
      .register(
        { username: racer % 3 === 0 ? 'RACER' : 'racer', email: `r${racer}@x.org`, fullName: '' },
        newContext(),
      )
      .then(
        () => 'won',
        (error: Refusal) => error.reason,
      ),
  )
  const answers = await Promise.all(racers)
  t.equal(answers.filter((answer) => answer === 'won').length, 1)
  t.equal(answers.filter((answer) => answer === 'taken').length, 19)
  t.equal(await number(`SELECT count(*) FROM users WHERE lower(username) = 'racer'`), 1)
  t.equal(await number(`SELECT count(*) FROM email_claims WHERE folded_email LIKE 'r%@x.org'`), 1)
})

t.test('a claim that a crash left is swept, and a swept claim creates no user', async (t) => {
  const crash = { ...newContext(), faultPoint: () => Promise.reject(new Error('killed')) }
  const request = { username: 'halfway', email: 'halfway@x.org', fullName: '' }
  await t.rejects(app.register(request, crash))
  t.equal(await refusal(app.register(request, newContext())), 'taken')
  t.equal(await sweepClaims(social.postgres, 60), 0, 'not before its time')
  t.equal(await sweepClaims(social.postgres, 0), 2)
  const swept = {
    ...newContext(),
    faultPoint: async () => {
      await sweepClaims(social.postgres, 0)
    },
  }
  t.equal(await refusal(app.register(request, swept)), 'taken')
  t.equal(await number(`SELECT count(*) FROM users WHERE username = 'halfway'`), 0)
  await app.register(request, newContext())
})

t.test('a rename claims the new name, frees the old one and tells the relay', async (t) => {
  const { userId } = await app.register({ username: 'before', email: 'b@x.org', fullName: 'B' }, newContext())
  const { postId } = await write(userId)
  const rename = (username: string): Promise<{ version: number }> =>
    app.updateProfile({ userId, fullName: null, bio: 'new bio', username }, newContext())
  t.equal((await rename('after')).version, 2)
  t.match(await app.readProfile({ readerId: userId, userId }, newContext()), {
    username: 'after',
    fullName: 'B',
  })
  t.equal(await events('user.changed', userId), 1)
  t.equal((await rename('After')).version, 3, 'of its case only')
  t.equal(await refusal(rename('grace')), 'taken')
  await app.register({ username: 'before', email: 'b2@x.org', fullName: '' }, newContext())
  t.equal(
    await number(`SELECT count(*) FROM username_claims WHERE user_id = $1 AND state = 'confirmed'`, userId),
    1,
  )
  await relay.settled()
  t.equal((await app.readPost({ readerId: userId, postId }, newContext())).username, 'After')
  const none = { userId: NOWHERE, fullName: null, bio: '', username: null }
  t.equal(await refusal(app.updateProfile(none, newContext())), 'not-found')
  t.equal(await refusal(app.updateProfile({ ...none, username: 'nobody' }, newContext())), 'not-found')
})

t.test(
  'of two concurrent renames of one user at least one holds, and no name is left claimed twice',
  async (t) => {
    const { userId } = await app.register({ username: 'twice', email: 't@x.org', fullName: '' }, newContext())
    const rename = (username: string): Promise<unknown> =>
      app.updateProfile({ userId, fullName: null, bio: null, username }, newContext())
    const answers = await Promise.allSettled([rename('twice-a'), rename('twice-b')])
    for (const answer of answers)
      if (answer.status === 'rejected') t.match(answer.reason, { name: 'OperationFailure', kind: 'conflict' })
    await sweepClaims(social.postgres, 0)
    const claims = await social.sql<{ folded_name: string; username: string }>(
      'SELECT c.folded_name, u.username FROM username_claims c JOIN users u USING (user_id) WHERE c.user_id = $1',
      [userId],
    )
    t.strictSame(
      claims.map((claim) => claim.folded_name),
      [claims[0]?.username],
    )
  },
)

t.test('a follow is idempotent and its counts come by the outbox', async (t) => {
  const [follower = 0n, author = 0n] = await social.users(2)
  const edge = { followerId: follower, followingId: author }
  t.strictSame(await app.follow(edge, newContext()), { state: 'following', created: true })
  t.strictSame(await app.follow(edge, newContext()), { state: 'following', created: false })
  t.equal(await events('user.followed', author), 1)
  await relay.settled()
  const profile = await app.readProfile({ readerId: follower, userId: author }, newContext())
  t.equal(profile.followerCount, 1)
  t.strictSame(await app.unfollow(edge, newContext()), { removed: true })
  t.strictSame(await app.unfollow(edge, newContext()), { removed: false })
  t.equal(await events('user.unfollowed', author), 1)
  t.equal(await refusal(app.follow({ followerId: follower, followingId: follower }, newContext())), 'self')
  t.equal(
    await refusal(app.follow({ followerId: follower, followingId: NOWHERE }, newContext())),
    'not-found',
  )
})

t.test(
  'what a reader follows or leaves shows in his next feed, and a push under way does not bring it back',
  async (t) => {
    const [reader = 0n, author = 0n] = await social.users(2)
    const { postId } = await write(author)
    const edge = { followerId: reader, followingId: author }
    const feed = async (): Promise<bigint[]> => {
      const page = await app.readFeed(
        { readerId: reader, page: 1, before: undefined, limit: 20 },
        newContext(),
      )
      return page.posts.map((post) => post.postId)
    }
    t.strictSame(await feed(), [])
    await app.follow(edge, newContext())
    t.strictSame(await feed(), [postId])
    await app.unfollow(edge, newContext())
    t.strictSame(await feed(), [])
    await write(author)
    t.strictSame(await feed(), [])
    await app.follow(edge, newContext())
    t.equal((await feed()).length, 2)
  },
)

t.test('a private account is followed by request, which its owner accepts', async (t) => {
  const [owner = 0n, reader = 0n, stranger = 0n] = await social.users(3)
  await makePrivate(owner)
  const { postId } = await write(owner)
  const ask = { followerId: reader, followingId: owner }
  t.strictSame(await app.follow(ask, newContext()), { state: 'requested', created: true })
  t.strictSame(await app.follow(ask, newContext()), { state: 'requested', created: false })
  t.equal(await refusal(app.readPost({ readerId: reader, postId }, newContext())), 'private')
  t.equal(await refusal(app.acceptFollow({ userId: owner, followerId: stranger }, newContext())), 'not-found')
  t.strictSame(await app.acceptFollow({ userId: owner, followerId: reader }, newContext()), { created: true })
  t.strictSame(await app.acceptFollow({ userId: owner, followerId: reader }, newContext()), {
    created: false,
  })
  t.equal((await app.readPost({ readerId: reader, postId }, newContext())).postId, postId)
  t.strictSame(await app.follow(ask, newContext()), { state: 'following', created: false })
  await app.unfollow(ask, newContext())
  t.equal(await refusal(app.readPost({ readerId: reader, postId }, newContext())), 'private')
})

t.test('a follow that meets a block under way waits for it, and is refused', async (t) => {
  const [owner = 0n, reader = 0n] = await social.users(2)
  const edge = { followerId: reader, followingId: owner }
  const waiting = `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE '%follow_user%'`
  const followed = await social.postgres.transaction(async (queries) => {
    await queries.query({ name: 'test-block', text: 'SELECT block_user($1, $2)' }, [owner, reader])
    const answer = refusal(app.follow(edge, newContext()))
    for (let attempt = 0; attempt < 500 && (await number(waiting)) === 0; attempt += 1) await delay(2)
    return { answer }
  })
  t.equal(await followed.answer, 'blocked')
  t.equal(await number('SELECT count(*) FROM follows WHERE follower_id = $1', reader), 0)
})

t.test('an unknown strategy is a usage error that names the known ones', async (t) => {
  const mistake = (choice: StrategyChoice): unknown => {
    try {
      return socialChoice(choice)
    } catch (error) {
      return error
    }
  }
  t.match(mistake({ fanout: 'psuh' }), { exitCode: 2, message: /psuh/, hint: /push, pull or hybrid/ })
  t.match(mistake({ counter: 'rows' }), { exitCode: 2, message: /rows/, hint: /row, slots or delta/ })
})
