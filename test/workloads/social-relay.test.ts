import fc from 'fast-check'
import t from 'tap'
import { keys } from '../../src/workloads/social/fixed/keys.ts'
import {
  eventually,
  feedPage,
  openSocialCase,
  oracle,
  relayHere,
  wholeFeed,
} from '../helpers/social-fixed.ts'

const social = await openSocialCase()
const relay = await relayHere(social.stores)
t.teardown(() => relay.close())

async function listOf(key: string): Promise<string[]> {
  const [reply] = await social.redis.wave([['lrange', key, 0, -1]])
  return [...(reply as readonly string[])]
}

async function count(entity: bigint, kind: number): Promise<bigint | undefined> {
  const rows = await social.sql<{ count: bigint }>(
    'SELECT sum(count)::bigint AS count FROM counters WHERE shard = shard_of($1) AND entity_id = $1 AND kind = $2',
    [entity, kind],
  )
  return rows[0]?.count
}

t.test('a push to a cold feed creates nothing', async (t) => {
  const [reader = 0n, author = 0n] = await social.users(2)
  await social.follow(reader, author)
  const post = await social.post(author)
  await relay.settled()
  const [exists] = await social.redis.wave([['exists', keys.feed(reader)]])
  t.equal(exists, 0)
  const end = relay.ends.find(({ key }) => key === String(post))
  t.match(end, { flow: 'feed.fanout', part: 0, of: 1, weight: 0 })
})

t.test(
  'an author with 0, 1, 499 to 501 and 999 followers is pushed to every warm follower, once',
  async (t) => {
    const followers = await social.users(999)
    const services = social.services()
    for (const size of [0, 1, 499, 500, 501, 999]) {
      const [author = 0n] = await social.users(1)
      const mine = followers.slice(0, size)
      await social.followAll(mine, author)
      await relay.settled()
      await social.redis.flush()
      for (const reader of mine) await feedPage(services, reader)
      const post = await social.post(author)
      await relay.settled()
      const ends = relay.ends.filter(({ key }) => key === String(post))
      t.equal(
        ends.reduce((sum, { weight }) => sum + weight, 0),
        size,
        `${size} feeds`,
      )
      t.strictSame(
        ends.map(({ part, of }) => [part, of]),
        size <= 500
          ? [[0, 1]]
          : [
              [0, 2],
              [1, 2],
            ],
      )
      const feeds = await social.redis.wave(mine.map((reader) => ['lrange', keys.feed(reader), 0, -1]))
      const copies = feeds.flat().filter((id) => id === String(post)).length
      t.equal(copies, size)
    }
  },
)

t.test('a feed never holds more than 1,000 ids, and stays in order whatever arrives', async (t) => {
  const [reader = 0n, author = 0n] = await social.users(2)
  await social.follow(reader, author)
  await relay.settled()
  const services = social.services()
  await feedPage(services, reader)
  await feedPage(services, reader)
  let longest = 0
  for (let round = 0; round < 15; round += 1) {
    await Promise.all(Array.from({ length: 80 }, () => social.post(author)))
    await relay.settled()
    longest = Math.max(longest, (await listOf(keys.feed(reader))).length)
  }
  t.equal(longest, 1000)
  const ids = await listOf(keys.feed(reader))
  t.strictSame(ids, (await oracle(social, reader)).slice(0, 1000).map(String))
})

t.test('counts equal rows and mirrors equal edges, whatever is repeated or taken back', async (t) => {
  const [author = 0n, ...others] = await social.users(12)
  const post = await social.post(author)
  for (const user of others) {
    await Promise.all([social.like(user, post), social.like(user, post), social.follow(user, author)])
  }
  for (const user of others.slice(0, 4)) {
    await Promise.all([social.unlike(user, post), social.unfollow(user, author), social.like(user, post)])
  }
  await relay.settled()
  const [truth] = await social.sql<{ likes: bigint; follows: bigint }>(
    `SELECT (SELECT count(*) FROM likes_by_post WHERE post_id = $1) AS likes,
  (SELECT count(*) FROM follows WHERE following_id = $2) AS follows`,
    [post, author],
  )
  t.equal(await count(post, 1), truth?.likes)
  t.equal(await count(author, 4), truth?.follows)
  t.equal(await count(author, 6), 1n)
  const differences = await social.sql(
    `(SELECT user_id, post_id FROM likes_by_post EXCEPT SELECT user_id, post_id FROM likes_by_user)
UNION ALL (SELECT user_id, post_id FROM likes_by_user EXCEPT SELECT user_id, post_id FROM likes_by_post)
UNION ALL (SELECT follower_id, following_id FROM follows EXCEPT SELECT follower_id, following_id FROM followers)
UNION ALL (SELECT follower_id, following_id FROM followers EXCEPT SELECT follower_id, following_id FROM follows)`,
  )
  t.strictSame(differences, [])
})

t.test('counter=row and counter=slots: the relay does not count likes again', async (t) => {
  const [user = 0n, author = 0n] = await social.users(2)
  await relay.close()
  const rows = await relayHere(social.stores, { fanout: 'hybrid', counter: 'slots' })
  const post = await social.post(author)
  await social.like(user, post)
  await rows.settled()
  t.equal((await count(post, 1)) ?? undefined, undefined)
  await rows.close()
  Object.assign(relay, await relayHere(social.stores))
})

t.test('cached counts follow the counters in place', async (t) => {
  const [reader = 0n, author = 0n, user = 0n] = await social.users(3)
  await social.follow(reader, author)
  const post = await social.post(author)
  await relay.settled()
  await feedPage(social.services(), reader)
  await social.like(user, post)
  await relay.settled()
  const page = await feedPage(social.services(), reader)
  t.equal(page.posts[0]?.likeCount, 1)
})

t.test('an event of a slow transaction is not passed over', async (t) => {
  const [author = 0n, user = 0n, other = 0n] = await social.users(3)
  const post = await social.post(author)
  await relay.settled()
  const early = Promise.withResolvers<void>()
  const written = Promise.withResolvers<void>()
  const slow = social.postgres.transaction(async (queries) => {
    await queries.query(
      {
        name: '',
        text: `WITH made AS (INSERT INTO likes_by_post (post_id, user_id, shard) VALUES ($2, $1, shard_of($2)) RETURNING *)
INSERT INTO outbox (kind, actor_id, subject_id) SELECT 'like.added', user_id, post_id FROM made`,
      },
      [user, post],
    )
    written.resolve()
    await early.promise
  })
  await written.promise
  await social.like(other, post)
  early.resolve()
  await slow
  await relay.settled()
  t.equal(await count(post, 1), 2n)
  const liked = await social.sql('SELECT FROM likes_by_user WHERE post_id = $1', [post])
  t.equal(liked.length, 2)
})

t.test(
  'an author is promoted at 1,000 followers and demoted below 900; warm readers see every post',
  async (t) => {
    const [reader = 0n, author = 0n] = await social.users(2)
    const fans = await social.users(999)
    await social.follow(reader, author)
    const services = social.services()
    const isPull = async (): Promise<boolean | undefined> =>
      (await social.sql<{ is_pull: boolean }>('SELECT is_pull FROM users WHERE user_id = $1', [author]))[0]
        ?.is_pull
    const expected: bigint[] = []
    const postAndCheck = async (step: string, celebrities: number): Promise<void> => {
      expected.unshift(await social.post(author))
      await relay.settled()
      const page = await feedPage(social.services(), reader)
      t.strictSame([page.posts.map(({ postId }) => postId), page.celebrities], [expected, celebrities], step)
    }
    await relay.settled()
    await feedPage(services, reader)
    await postAndCheck('pushed', 0)
    await social.followAll(fans.slice(0, 998), author)
    await relay.settled()
    t.equal(await isPull(), false, '999 followers')
    await social.followAll(fans.slice(998), author)
    await relay.settled()
    t.equal(await isPull(), true, '1,000 followers')
    await postAndCheck('pulled', 1)
    const pushed = await listOf(keys.feed(reader))
    t.notOk(pushed.includes(String(expected[0])), 'zero pushes')
    for (const fan of fans.slice(0, 100)) await social.unfollow(fan, author)
    await relay.settled()
    t.equal(await isPull(), true, '900 followers')
    await social.unfollow(fans[100] ?? 0n, author)
    await relay.settled()
    t.equal(await isPull(), false, '899 followers')
    await postAndCheck('pushed again, still merged', 1)
  },
)

t.test('a follow, an unfollow and a block whose actor died before its own effects take hold', async (t) => {
  const [reader = 0n, one = 0n, two = 0n, other = 0n] = await social.users(4)
  await social.follow(reader, one)
  await social.follow(other, reader)
  const [first, second, mine] = [await social.post(one), await social.post(two), await social.post(reader)]
  await relay.settled()
  const services = social.services()
  await feedPage(services, reader)
  await feedPage(services, other)
  await social.followAll([reader], two)
  await relay.settled()
  const both = await feedPage(services, reader)
  t.strictSame(
    both.posts.map(({ postId }) => postId),
    [second, first],
  )
  await social.sql(
    `WITH gone AS (DELETE FROM follows WHERE follower_id = $1 AND following_id = $2 RETURNING *)
INSERT INTO outbox (kind, actor_id, subject_id) SELECT 'user.unfollowed', follower_id, following_id FROM gone`,
    [reader, one],
  )
  await relay.settled()
  t.strictSame(
    (await feedPage(services, reader)).posts.map(({ postId }) => postId),
    [second],
  )
  t.strictSame(
    (await feedPage(services, other)).posts.map(({ postId }) => postId),
    [mine],
  )
  await social.block(reader, other)
  await relay.settled()
  t.strictSame((await feedPage(services, other)).posts, [], 'the blocked one sees nothing either')
})

t.test('a feed that was rebuilt after a follow is not rebuilt again because of it', async (t) => {
  const [reader = 0n, author = 0n] = await social.users(2)
  await relay.close()
  await social.follow(reader, author)
  const services = social.services()
  await feedPage(services, reader)
  Object.assign(relay, await relayHere(social.stores))
  await relay.settled()
  t.equal((await feedPage(services, reader)).source, 'warm')
})

t.test('applied events are purged and the rest is kept', async (t) => {
  const [user = 0n, author = 0n] = await social.users(2)
  const post = await social.post(author)
  await social.like(user, post)
  const left = async (): Promise<number> => (await social.sql('SELECT FROM outbox')).length
  const started = await left()
  t.ok(started > 0)
  await eventually(async () => (await left()) === 0)
  t.equal(await count(post, 1), 1n)
})

type Step = readonly [
  kind: 'follow' | 'unfollow' | 'post' | 'delete' | 'block' | 'read',
  a: number,
  b: number,
]

t.test('after any sequence of changes every feed equals the brute-force one', async (t) => {
  const kinds = fc.constantFrom(
    'follow',
    'follow',
    'unfollow',
    'post',
    'post',
    'delete',
    'block',
    'read',
    'read',
  )
  const step = fc.tuple(kinds, fc.nat(5), fc.nat(5)) as fc.Arbitrary<Step>
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const users = await social.users(6)
      const services = social.services()
      const posts: [bigint, bigint][] = []
      for (const [kind, a, b] of steps) {
        const [one = 0n, two = 0n] = [users[a], users[b]]
        const blocked = await social.sql(
          'SELECT FROM blocks WHERE (user_id, blocked_id) IN (($1, $2), ($2, $1))',
          [one, two],
        )
        if (kind === 'post') posts.push([one, await social.post(one)])
        else if (kind === 'read') await wholeFeed(services, one)
        else if (kind === 'delete') {
          const [author, post] = posts[(a * 6 + b) % Math.max(1, posts.length)] ?? []
          if (author !== undefined && post !== undefined) await social.deletePost(author, post)
        } else if (a !== b && kind === 'follow' && blocked.length === 0) await social.follow(one, two)
        else if (a !== b && kind === 'unfollow') await social.unfollow(one, two)
        else if (a !== b && kind === 'block') await social.block(one, two)
      }
      await relay.settled()
      const fresh = social.services()
      for (const reader of users) {
        const seen = await wholeFeed(fresh, reader)
        const expected = await oracle(social, reader)
        if (seen.join() !== expected.join())
          throw new Error(`${reader}: ${seen.join()} instead of ${expected.join()}`)
      }
    }),
    { numRuns: 15 },
  )
  t.pass('15 sequences')
})
