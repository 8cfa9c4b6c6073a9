import t from 'tap'
import { keys } from '../../src/workloads/social/fixed/keys.ts'
import {
  HYBRID,
  feedPage,
  newContext,
  openSocialCase,
  oracle,
  relayHere,
  wholeFeed,
} from '../helpers/social-fixed.ts'

const social = await openSocialCase()
const relay = await relayHere(social.stores)
t.teardown(() => relay.close())

async function warm(services: ReturnType<typeof social.services>, readers: readonly bigint[]): Promise<void> {
  for (const reader of readers) await feedPage(services, reader)
}

t.test('a reader who follows nobody has an empty feed, cold and warm', async (t) => {
  const [reader = 0n] = await social.users(1)
  const services = social.services()
  const cold = await feedPage(services, reader)
  const warmPage = await feedPage(services, reader)
  t.strictSame([cold.posts, cold.next, cold.source], [[], undefined, 'cold'])
  t.strictSame([warmPage.posts, warmPage.next, warmPage.source], [[], undefined, 'warm'])
})

t.test(
  'a warm page costs two waves and no SQL, and one wave when this process holds the posts',
  async (t) => {
    const [reader = 0n, author = 0n] = await social.users(2)
    await social.follow(reader, author)
    for (let post = 0; post < 30; post += 1) await social.post(author)
    await relay.settled()
    const services = social.services()
    await warm(services, [reader])
    const elsewhere = social.services()
    const first = newContext()
    const page = await feedPage(elsewhere, reader, undefined, first)
    t.equal(page.source, 'warm')
    t.equal(page.posts.length, 20)
    t.strictSame(first.cost.roundTripsByStore, { redis: 2 })
    const second = newContext()
    await feedPage(elsewhere, reader, undefined, second)
    t.strictSame(second.cost.roundTripsByStore, { redis: 1 })
  },
)

t.test('a rebuilt feed is on probation until it is read again', async (t) => {
  const [reader = 0n, author = 0n] = await social.users(2)
  await social.follow(reader, author)
  await relay.settled()
  const services = social.services()
  await feedPage(services, reader)
  const [short] = await social.redis.wave([['ttl', keys.feed(reader)]])
  await feedPage(services, reader)
  const [long] = await social.redis.wave([['ttl', keys.feed(reader)]])
  t.ok(Number(short) <= 15 && Number(short) >= 0, `${Number(short)} s`)
  t.ok(Number(long) > 6 * 86_400, `${Number(long)} s`)
})

t.test('200 cold reads of one reader at once make one rebuild', async (t) => {
  const [reader = 0n, author = 0n] = await social.users(2)
  await social.follow(reader, author)
  const post = await social.post(author)
  await relay.settled()
  const services = social.services()
  const contexts = Array.from({ length: 200 }, newContext)
  const pages = await Promise.all(contexts.map((context) => feedPage(services, reader, undefined, context)))
  t.ok(pages.every((page) => page.posts[0]?.postId === post))
  const statements = contexts.reduce((sum, { cost }) => sum + (cost.roundTripsByStore['postgres'] ?? 0), 0)
  // One rebuild, and one load of the post that all of them wait for.
  t.ok(statements <= 2, `${statements} statements`)
})

t.test('a post that is committed during a rebuild is in the feed', async (t) => {
  const [reader = 0n, author = 0n] = await social.users(2)
  await social.follow(reader, author)
  await relay.settled()
  const services = social.services()
  for (let round = 0; round < 10; round += 1) {
    await social.redis.wave([['del', keys.feed(reader)]])
    const [, post] = await Promise.all([feedPage(services, reader), social.post(author)])
    await relay.settled()
    const page = await feedPage(services, reader)
    t.equal(page.posts[0]?.postId, post)
    t.equal(page.posts.filter(({ postId }) => postId === post).length, 1)
  }
})

t.test(
  'an id that is pushed while a feed is rebuilt waits behind the lease and is stored with it',
  async (t) => {
    const [reader = 0n, author = 0n] = await social.users(2)
    await social.follow(reader, author)
    await relay.settled()
    const lease = keys.lease(keys.feed(reader))
    await social.redis.wave([['rpush', lease, 'somebody']])
    const post = await social.post(author)
    await relay.settled()
    const [queued] = await social.redis.wave([['lrange', lease, 0, -1]])
    t.strictSame(queued, ['somebody', String(post)])
    const page = await feedPage(social.services(), reader)
    t.equal(page.source, 'cold', 'a reader beside the lease reads the tables')
    t.equal(page.posts[0]?.postId, post)
  },
)

t.test('pages past the stored ids come from the tables, without a gap', async (t) => {
  const [reader = 0n, one = 0n, two = 0n] = await social.users(3)
  await social.follow(reader, one)
  await social.follow(reader, two)
  for (let post = 0; post < 130; post += 1) await Promise.all([social.post(one), social.post(two)])
  await relay.settled()
  const services = social.services()
  await warm(services, [reader])
  const expected = await oracle(social, reader)
  const seen = await wholeFeed(services, reader)
  t.equal(seen.length, 260)
  t.strictSame(seen, expected)
  const deep = await feedPage(services, reader, expected[110])
  t.equal(deep.source, 'deep')
})

t.test('deleted and hidden posts are left out and the page is filled behind them', async (t) => {
  const [reader = 0n, one = 0n, two = 0n] = await social.users(3)
  await social.follow(reader, one)
  await social.follow(reader, two)
  const mine: bigint[] = []
  for (let post = 0; post < 40; post += 1) {
    mine.push(await social.post(one))
    await social.post(two)
  }
  await relay.settled()
  const services = social.services()
  await warm(services, [reader])
  for (const post of mine.slice(20)) await social.deletePost(one, post)
  services.cache.posts.forget(mine.map(String))
  const page = await feedPage(services, reader)
  t.equal(page.posts.length, 20)
  t.strictSame(
    page.posts.map(({ postId }) => postId),
    (await oracle(social, reader)).slice(0, 20),
  )
})

t.test('unfollow, block and delete are invisible to the actor at once', async (t) => {
  const [reader = 0n, one = 0n, two = 0n, three = 0n] = await social.users(4)
  for (const author of [one, two, three]) await social.follow(reader, author)
  for (const author of [one, two, three]) await social.post(author)
  await relay.settled()
  const services = social.services()
  await warm(services, [reader])
  await social.unfollow(reader, one)
  t.notOk((await feedPage(services, reader)).posts.some((post) => post.authorId === one))
  await social.block(reader, two)
  t.notOk((await feedPage(services, reader)).posts.some((post) => post.authorId === two))
  await social.follow(reader, one)
  t.ok((await feedPage(services, reader)).posts.some((post) => post.authorId === one))
})

t.test('paging neither repeats nor skips while posts arrive', async (t) => {
  const [reader = 0n, author = 0n] = await social.users(2)
  await social.follow(reader, author)
  for (let post = 0; post < 90; post += 1) await social.post(author)
  await relay.settled()
  const services = social.services()
  await warm(services, [reader])
  const expected = await oracle(social, reader)
  const seen = await wholeFeed(services, reader, async () => {
    for (let post = 0; post < 7; post += 1) await social.post(author)
    await relay.settled()
  })
  t.strictSame(seen, expected)
})

t.test('fanout=pull reads the tables and pushes nothing; fanout=push merges no celebrities', async (t) => {
  const [reader = 0n, author = 0n] = await social.users(2)
  await social.follow(reader, author)
  const post = await social.post(author)
  await relay.settled()
  const pull = social.services({ ...HYBRID, fanout: 'pull' })
  const context = newContext()
  const page = await feedPage(pull, reader, undefined, context)
  t.equal(page.posts[0]?.postId, post)
  t.equal(context.cost.roundTripsByStore['postgres'], 2)
  const [stored] = await social.redis.wave([['exists', keys.feed(reader)]])
  t.equal(stored, 0)
  const push = await feedPage(social.services({ ...HYBRID, fanout: 'push' }), reader)
  t.strictSame([push.posts[0]?.postId, push.celebrities], [post, 0])
})

t.test('a pull author appears in three waves with zero pushes, merged by id', async (t) => {
  const [reader = 0n, star = 0n, friend = 0n] = await social.users(3)
  const fans = await social.users(1000)
  await social.followAll(fans, star)
  await social.follow(reader, star)
  await social.follow(reader, friend)
  await relay.settled()
  const services = social.services()
  await warm(services, [reader])
  const expected: bigint[] = []
  for (let round = 0; round < 6; round += 1)
    expected.unshift(await social.post(star), await social.post(friend))
  await relay.settled()
  const [feed] = await social.redis.wave([['lrange', keys.feed(reader), 0, -1]])
  t.equal((feed as readonly string[]).length, 7, 'six pushed posts of the friend, and the end')
  const context = newContext()
  const page = await feedPage(social.services(), reader, undefined, context)
  t.strictSame([page.source, page.celebrities], ['warm', 1])
  t.strictSame(
    page.posts.map(({ postId }) => postId),
    expected.sort((a, b) => (a < b ? 1 : -1)),
  )
  await feedPage(social.services(), reader)
  const again = newContext()
  await feedPage(social.services(), reader, undefined, again)
  t.strictSame(again.cost.roundTripsByStore, { redis: 3 })
})
