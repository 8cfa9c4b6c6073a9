import t from 'tap'
import { setTimeout as delay } from 'node:timers/promises'
import { newCost } from '../../src/core/cost.ts'
import { composeId, shardOfId } from '../../src/core/snowflake.ts'
import { jitteredTtl } from '../../src/patterns/cache/fill.ts'
import { LOCAL_ENTRIES, newLocalLayer } from '../../src/patterns/cache/local-layer.ts'
import { headerCount, postCodec } from '../../src/workloads/social/fixed/cache/post-codec.ts'
import { userCodec } from '../../src/workloads/social/fixed/cache/user-codec.ts'
import { createPost } from '../../src/workloads/social/fixed/create-post.ts'
import { keys } from '../../src/workloads/social/fixed/keys.ts'
import type { CachedPost } from '../../src/workloads/social/fixed/cached-post.ts'
import { newContext, openSocialCase } from '../helpers/social-fixed.ts'
import { openProcess, refusal } from '../helpers/social-process.ts'

const LOAD_POSTS = 'social-load-posts'
const LOAD_USERS = 'social-load-users'

const social = await openSocialCase()
const here = await openProcess(social, 1)
const there = await openProcess(social, 2)

function post(id: bigint, authorIsPrivate = false): CachedPost {
  const view = {
    postId: id,
    authorId: 2n ** 62n + 1n,
    username: 'Ünï "quoted"',
    pictureUrl: '',
    caption: 'line\nbreak',
    mediaUrls: ['https://example.org/a.jpg'],
    likeCount: 123_456,
    commentCount: 7,
  }
  return { author: String(view.authorId), authorIsPrivate, view }
}

/** Awaits a condition that a message of another process brings about. */
async function eventually(condition: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (await condition()) return true
    await delay(2)
  }
  return false
}

t.test(
  'an encoded post reads back equal, ids of 63 bits included, and its counts stand at fixed places',
  async (t) => {
    const original = post(2n ** 63n - 1n, true)
    const text = postCodec.encode(original)
    t.strictSame(postCodec.decode(text), original)
    t.equal(text.slice(1, 21), '00001234560000000007')
    const refreshed = text.slice(0, 1) + headerCount(5) + headerCount(6) + text.slice(21)
    t.match(postCodec.decode(refreshed), { view: { likeCount: 5, commentCount: 6 } })
  },
)

t.test('a text of another version is a miss, not an error', async (t) => {
  t.equal(postCodec.decode('9whatever'), undefined)
  t.equal(userCodec.decode('{"userId":"1"}'), undefined)
})

t.test('a value of another version in Redis is loaded again and replaced', async (t) => {
  const [user = 0n] = await social.users(1)
  await social.redis.wave([['set', keys.user(user), '0{}']])
  const profile = await here.services.cache.users.get(String(user), newCost())
  t.equal(profile?.userId, user)
})

t.test('L1 holds 1,000 objects: the 1,001st ends the least recently used one', async (t) => {
  const local = newLocalLayer<CachedPost>()
  for (let id = 1; id <= LOCAL_ENTRIES; id += 1) local.set(String(id), post(BigInt(id)), 0)
  t.ok(local.get('1'), 'the first is used once more')
  local.set('1001', post(1001n), 0)
  t.ok(local.get('1'))
  t.equal(local.get('2'), undefined)
  t.ok(local.get('1001'))
})

t.test('L1 does not keep a value that was asked for before its invalidation', async (t) => {
  const local = newLocalLayer<CachedPost>()
  const seen = local.seen()
  local.forget('1')
  local.set('1', post(1n), seen)
  t.equal(local.get('1'), undefined)
  local.set('1', post(1n), local.seen())
  t.ok(local.get('1'))
})

t.test('times to live are an hour, a tenth more or less', async (t) => {
  t.equal(jitteredTtl(0), 3_240_000)
  t.equal(jitteredTtl(0.5), 3_600_000)
  t.equal(jitteredTtl(1), 3_960_000)
})

t.test('what was filled together does not expire together', async (t) => {
  const [author = 0n] = await social.users(1)
  const ids: string[] = []
  for (let number = 0; number < 30; number += 1) ids.push(String(await social.post(author)))
  const loads = here.ran(LOAD_POSTS)
  const cost = newCost()
  const posts = await here.services.cache.posts.getMany(ids, cost)
  t.strictSame(
    posts.map((found) => String(found?.view.postId)),
    ids,
    'in the order of the ids',
  )
  t.equal(here.ran(LOAD_POSTS), loads + 1, 'one statement for 30 misses')
  t.strictSame(cost.roundTripsByStore, { redis: 3, postgres: 1 })
  const lives = await social.redis.wave(ids.map((id) => ['pttl', keys.post(id)] as const))
  t.ok(lives.every((life) => Number(life) > 3_200_000 && Number(life) <= 3_960_000))
  t.ok(new Set(lives).size > 10)
})

t.test('L1 answers without a wave, L2 with one', async (t) => {
  const [author = 0n] = await social.users(1)
  const id = String(await social.post(author))
  await here.services.cache.posts.get(id, newCost())
  const local = newCost()
  await here.services.cache.posts.getMany([id], local)
  t.equal(local.roundTrips, 0)
  const remote = newCost()
  t.ok(await there.services.cache.posts.get(id, remote))
  t.strictSame(remote.roundTripsByStore, { redis: 1 })
})

t.test('500 concurrent readers of one missing post bring one statement about', async (t) => {
  const [author = 0n, reader = 0n] = await social.users(2)
  const postId = await social.post(author)
  const loads = here.ran(LOAD_POSTS) + there.ran(LOAD_POSTS)
  const readers = Array.from({ length: 500 }, (_, number) =>
    (number % 2 === 0 ? here : there).application.readPost({ readerId: reader, postId }, newContext()),
  )
  const views = await Promise.all(readers)
  t.ok(views.every((view) => view.postId === postId))
  t.equal(here.ran(LOAD_POSTS) + there.ran(LOAD_POSTS), loads + 1, 'in two processes together')
})

t.test('who is asked for an object that does not exist remembers so for a short time', async (t) => {
  const missing = String(composeId({ timeMs: Date.now(), shard: 3, worker: 60, sequence: 0 }))
  const loads = here.ran(LOAD_POSTS)
  t.equal(await here.services.cache.posts.get(missing, newCost()), undefined)
  t.equal(await here.services.cache.posts.get(missing, newCost(), true), undefined)
  t.equal(here.ran(LOAD_POSTS), loads + 1)
  const [life] = await social.redis.wave([['pttl', keys.post(missing)]])
  t.ok(Number(life) > 0 && Number(life) <= 5_000, `${String(life)} ms`)
})

t.test('a negative entry ends when the object is created', async (t) => {
  const [author = 0n] = await social.users(1)
  const { services } = here
  const postId = services.ids.next(shardOfId(author))
  const foretold = { ...services, ids: { next: () => postId } }
  const request = { readerId: author, postId }
  t.equal(await refusal(here.application.readPost(request, newContext())), 'not-found')
  const [negative] = await social.redis.wave([['get', keys.post(postId)]])
  t.equal(negative, '-')
  await createPost(foretold, { authorId: author, caption: '', mediaUrls: [] }, newContext())
  t.equal((await here.application.readPost(request, newContext())).postId, postId)
})

t.test('an update while a slow reader fills leaves no old value behind', async (t) => {
  const [user = 0n] = await social.users(1)
  const id = String(user)
  const slow = there.holdNext(LOAD_USERS)
  const old = there.services.cache.users.get(id, newCost())
  await slow.reached
  await here.application.updateProfile(
    { userId: user, fullName: null, bio: 'new', username: null },
    newContext(),
  )
  slow.release()
  t.equal((await old)?.bio, '', 'the slow reader began before')
  const [stored] = await social.redis.wave([['get', keys.user(id)]])
  t.notMatch(String(stored), /"bio":""/)
  t.equal((await here.services.cache.users.get(id, newCost()))?.bio, 'new')
  t.ok(await eventually(async () => (await there.services.cache.users.get(id, newCost()))?.bio === 'new'))
})

t.test('an update in one process while the same process fills leaves no old value behind', async (t) => {
  const [user = 0n] = await social.users(1)
  const id = String(user)
  const slow = here.holdNext(LOAD_USERS)
  const old = here.services.cache.users.get(id, newCost())
  await slow.reached
  await here.application.updateProfile(
    { userId: user, fullName: null, bio: 'new', username: null },
    newContext(),
  )
  const after = await here.application.readProfile({ readerId: user, userId: user }, newContext())
  t.equal(after.bio, 'new', 'the writer reads what he wrote while the old fill is still under way')
  slow.release()
  await old
  t.equal((await here.services.cache.users.get(id, newCost()))?.bio, 'new')
  t.equal((await here.services.cache.users.get(id, newCost(), true))?.bio, 'new')
})

t.test('an update in one process is seen by the others, whose L1 held the old value', async (t) => {
  const [user = 0n, other = 0n] = await social.users(2)
  const read = (): Promise<{ bio: string }> =>
    there.application.readProfile({ readerId: other, userId: user }, newContext())
  t.equal((await read()).bio, '')
  await here.application.updateProfile(
    { userId: user, fullName: null, bio: 'b2', username: null },
    newContext(),
  )
  t.ok(await eventually(async () => (await read()).bio === 'b2'))
})

t.test('a writer sees his own update in every process at once', async (t) => {
  const [user = 0n] = await social.users(1)
  const own = { readerId: user, userId: user }
  await there.application.readProfile(own, newContext())
  for (const bio of ['one', 'two', 'three']) {
    await here.application.updateProfile({ userId: user, fullName: null, bio, username: null }, newContext())
    t.equal((await there.application.readProfile(own, newContext())).bio, bio)
  }
})

t.test('a fill that fails fails its readers, and the next one fills', async (t) => {
  const [author = 0n] = await social.users(1)
  const postId = await social.post(author)
  const { cache } = here.services
  await t.rejects(cache.posts.getMany(['not an id'], newCost()))
  t.equal((await cache.posts.get(String(postId), newCost()))?.view.postId, postId)
})

t.test('hit ratios count each layer', async (t) => {
  const ratios = here.ratios()
  for (const [hits, lookups] of Object.values(ratios)) t.ok(hits <= lookups && lookups > 0)
})
