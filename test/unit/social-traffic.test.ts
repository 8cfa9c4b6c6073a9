import t from 'tap'
import { perSecond } from '../../src/core/model.ts'
import type { AnyOperation, Arrival, Pace, Phase, Results, Stream } from '../../src/core/operation.ts'
import { permute } from '../../src/core/random.ts'
import type { FeedPage, PostView } from '../../src/workloads/social/application.ts'
import { rates } from '../../src/workloads/social/model.ts'
import { socialOperations } from '../../src/workloads/social/traffic.ts'
import { feedRead } from '../../src/workloads/social/traffic/feed-read.ts'
import type { FeedRead } from '../../src/workloads/social/traffic/feed-checks.ts'
import type { Edge } from '../../src/workloads/social/traffic/follows.ts'
import type { Like } from '../../src/workloads/social/traffic/like-add.ts'
import { followsSeeded } from '../../src/workloads/social/traffic/pairs.ts'
import { postCreate } from '../../src/workloads/social/traffic/post-create.ts'
import type { PostRead } from '../../src/workloads/social/traffic/post-read.ts'
import { socialWorld } from '../../src/workloads/social/world.ts'
import type { SocialWorld } from '../../src/workloads/social/world.ts'

const SCALE = 1 / 1000
const LENGTH = { warmup: 5e6, measure: 30e6 } as const
const POPULATION = { seed: 42, size: 20_000 }

/** The plan of a steady run. */
const pace: Pace = {
  expected: (operation, phase, offsetMicros) =>
    (rateOf(operation) * Math.min(Math.max(offsetMicros, 0), LENGTH[phase])) / 1e6,
  lengthMicros: (phase) => LENGTH[phase],
}

function rateOf(name: string): number {
  const operation = socialOperations.find((candidate) => candidate.name === name)
  return operation === undefined ? 0 : perSecond(operation.rate) * SCALE
}

function memory(): Results & { readonly held: Map<number, bigint> } {
  const held = new Map<number, bigint>()
  return { held, get: (key) => held.get(key), set: (key, id) => void held.set(key, id) }
}

/** The arrival that a uniform process of `perSecond` would have as number `index`. */
function arrival(
  operation: AnyOperation,
  index: number,
  phase: Phase = 'measure',
  stream: Stream = 'mix',
): Arrival {
  const rate = stream === 'mix' ? rateOf(operation.name) : 33
  return { number: index, index, phase, stream, offsetMicros: ((index + 0.5) / rate) * 1e6, random: 0 }
}

function named(name: string): AnyOperation {
  const operation = socialOperations.find((candidate) => candidate.name === name)
  if (operation === undefined) throw new Error(`no operation ${name}`)
  return operation
}

function inputs<Input>(world: SocialWorld, name: string, count: number, phase: Phase = 'measure'): Input[] {
  const operation = named(name)
  return Array.from(
    { length: count },
    (_, index) => operation.input(arrival(operation, index, phase), world) as Input,
  )
}

const world = socialWorld(42, POPULATION, memory(), pace)
const { population } = world

t.test('the model keeps 95 reads for 5 writes, and divides the reads as the issue says', (t) => {
  const total = (names: readonly string[]): number =>
    socialOperations
      .filter(({ name }) => names.includes(name))
      .reduce((sum, { rate }) => sum + perSecond(rate), 0)
  const of = (kind: string): number =>
    socialOperations
      .filter((operation) => operation.kind === kind)
      .reduce((sum, { rate }) => sum + perSecond(rate), 0)
  t.ok(Math.abs(of('read') / (of('read') + of('write')) - 0.95) < 0.005)
  t.ok(Math.abs(total(['feed.read']) / of('read') - 0.7) < 1e-9)
  t.ok(Math.abs(total(['post.read', 'comment.list']) / of('read') - 0.2) < 1e-9)
  t.ok(Math.abs(total(['profile.read', 'timeline.read', 'liked.list']) / of('read') - 0.1) < 1e-9)
  t.equal(Math.round(perSecond(rates['post.create'])), 5787)
  t.equal(Math.round(perSecond(rates['like.add'])), 115_741)
  t.equal(new Set(socialOperations.map(({ name }) => name)).size, socialOperations.length)
  t.end()
})

t.test('scheduled counts of a run hold the mix within half a point', (t) => {
  const count = (kind: string): number =>
    socialOperations
      .filter((operation) => operation.kind === kind)
      .reduce((sum, { rate }) => sum + Math.round(perSecond(rate) * SCALE * 30), 0)
  t.ok(Math.abs(count('read') / (count('read') + count('write')) - 0.95) < 0.005)
  t.end()
})

t.test('feed reads divide into parts as declared', (t) => {
  const count = 40_000
  const feeds = inputs<FeedRead>(world, 'feed.read', count)
  const share = (matches: (read: FeedRead) => boolean): number => feeds.filter(matches).length / count
  const cold = share((read) => read.page === 1 && !population.isActive(read.reader))
  const deep = share((read) => read.page > 1)
  const fans = share((read) => read.page === 1 && population.isActive(read.reader) && read.isFan)
  t.ok(Math.abs(cold - 0.06) < 0.002, `cold ${cold}`)
  t.ok(Math.abs(deep - 0.05) < 0.004, `deep ${deep}`)
  t.ok(Math.abs(fans - 0.2) < 0.01, `celebrity ${fans}`)
  const declared = Object.values(feedRead.parts ?? {}).reduce((sum, part) => sum + part.expectedShare, 0)
  t.ok(Math.abs(declared - 1) < 1e-9)
  t.end()
})

t.test('a cold reader does not come back within a run at 1/1000', (t) => {
  const cold = [
    ...inputs<FeedRead>(world, 'feed.read', 8_000, 'warmup'),
    ...inputs<FeedRead>(world, 'feed.read', 48_000),
  ]
    .filter((read) => read.page === 1 && !population.isActive(read.reader))
    .map((read) => read.reader)
  t.ok(cold.length > 3_000)
  t.equal(new Set(cold).size, cold.length)
  t.end()
})

t.test('a deep page names an earlier page of the same reader, or a stand-in is counted', (t) => {
  const results = memory()
  const chained = socialWorld(42, POPULATION, results, pace)
  const operation = named('feed.read')
  const readers = new Map<bigint, number>()
  let deep = 0
  for (let index = 0; index < 10_000; index += 1) {
    const read = operation.input(arrival(operation, index), chained) as FeedRead
    if (read.page === 1) {
      const cursor = BigInt(index + 1)
      results.set(read.key, cursor)
      readers.set(cursor, read.reader)
    } else if (read.chained) {
      deep += 1
      if (readers.get(read.before ?? 0n) !== read.reader)
        t.fail(`page 2 of ${read.readerId} follows another's page 1`)
    }
  }
  t.ok(deep > 300, `${deep} chained`)
  // Only the first second of a run without a warm-up finds no page before it.
  const standIns = chained.standIns['feed.read'] ?? 0
  t.ok(standIns < 100, `${standIns} stand-ins`)
  t.end()
})

t.test('what an arrival asks depends on the seed and itself, not on who asks before', (t) => {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part))
  const other = socialWorld(42, POPULATION, memory(), pace)
  const reseeded = socialWorld(43, POPULATION, memory(), pace)
  let differs = 0
  for (const operation of socialOperations) {
    const count = 40
    const forwards = Array.from({ length: count }, (_, index) =>
      text(operation.input(arrival(operation, index), world)),
    )
    for (let turn = 0; turn < count; turn += 1) {
      const index = permute(turn, count, 7)
      if (text(operation.input(arrival(operation, index), other)) !== forwards[index]) t.fail(operation.name)
      if (text(operation.input(arrival(operation, index), reseeded)) !== forwards[index]) differs += 1
    }
  }
  t.ok(differs > 500, 'another seed asks something else')
  t.end()
})

t.test('no write of the traffic is refused for a private account or a block', (t) => {
  for (const name of ['like.add', 'like.remove']) {
    for (const { postId } of inputs<Like>(world, name, 3_000)) {
      const author = population.authorOf(postNumber(postId))
      if (population.isPrivate(author) || world.people.isBlocker(author))
        t.fail(`${name} on a post of ${author}`)
    }
  }
  t.end()
})

t.test('the share of post and timeline reads that must be refused lies inside the declared bounds', (t) => {
  const hidden =
    inputs<PostRead>(world, 'post.read', 20_000).filter((read) => read.hidden === 'private').length / 20_000
  const [low, high] = named('post.read').refusalShare ?? [0, 0]
  t.ok(hidden > low && hidden + 0.006 < high, `post.read ${hidden}`)
  const closed =
    inputs<{ isPrivate: boolean }>(world, 'timeline.read', 20_000).filter((read) => read.isPrivate).length /
    20_000
  const [lowest, highest] = named('timeline.read').refusalShare ?? [0, 0]
  t.ok(closed > lowest && closed < highest, `timeline.read ${closed}`)
  t.end()
})

t.test(
  'likes repeat now and then, and a like that is taken back was an earlier one on another post than those that stay',
  (t) => {
    const likes = inputs<Like>(world, 'like.add', 3_400)
    const key = ({ userId, postId }: Like): string => `${userId} ${postId}`
    const pairs = new Set(likes.map(key))
    const repeated = 1 - pairs.size / likes.length
    t.ok(repeated > 0.012 && repeated < 0.05, `${repeated} repeated`)
    const removed = inputs<Like>(world, 'like.remove', 30).slice(5)
    for (const like of removed) t.equal(postNumber(like.postId) % 2, 0)
    const known = new Set([...pairs, ...inputs<Like>(world, 'like.add', 560, 'warmup').map(key)])
    t.ok(removed.every((like) => known.has(key(like))))
    t.ok(new Set(removed.map(key)).size > 23, 'hardly any is taken back twice')
    t.end()
  },
)

t.test('everybody likes the hot post once, and its author is an ordinary one', (t) => {
  const operation = named('like.add')
  const likers = new Set<bigint>()
  const posts = new Set<bigint>()
  for (const phase of ['warmup', 'measure'] as const) {
    for (let index = 0; index < 15_000; index += 1) {
      const like = operation.input(arrival(operation, index, phase, 'surge'), world) as Like
      likers.add(like.userId)
      posts.add(like.postId)
    }
  }
  t.equal(likers.size, 30_000)
  t.equal(posts.size, 1)
  const author = population.authorOf(postNumber([...posts][0] ?? 0n))
  t.notOk(population.isPrivate(author) || population.isCelebrity(author))
  t.end()
})

t.test('follows of a run are never edges of the seed, so that seeded edges stay', (t) => {
  for (const name of ['follow.add', 'follow.remove', 'follow.accept']) {
    for (const { followerId, followingId } of inputs<Edge>(world, name, 500)) {
      const follower = population.indexOf(followerId) ?? -1
      const following = population.indexOf(followingId) ?? -1
      if (follower === following || followsSeeded(world, follower, following))
        t.fail(`${follower} follows ${following}`)
      if (name === 'follow.remove' && population.isPrivate(following)) t.fail(`${following} is private`)
    }
  }
  t.end()
})

t.test('inputs of every operation, stream and phase name seeded users and texts that fit the tables', (t) => {
  for (const operation of socialOperations) {
    for (const phase of ['warmup', 'measure'] as const) {
      for (const stream of ['mix', 'probe'] as const) {
        for (let index = 0; index < 200; index += 1) {
          const input = operation.input(arrival(operation, index, phase, stream), world) as Record<
            string,
            unknown
          >
          for (const [field, value] of Object.entries(input)) checkField(field, value)
        }
      }
    }
  }
  t.end()

  function checkField(field: string, value: unknown): void {
    if (field.endsWith('Id') && typeof value === 'bigint' && value <= 0n) t.fail(`${field} ${value}`)
    const isUser = ['userId', 'readerId', 'authorId', 'followerId', 'followingId', 'blockedId'].includes(
      field,
    )
    if (isUser && population.indexOf(value as bigint) === undefined)
      t.fail(`${field} ${String(value)} is not seeded`)
    if (field === 'username' && typeof value === 'string' && value.length > 30) t.fail(`${field} ${value}`)
    if (field === 'content' && (typeof value !== 'string' || value.length < 1 || value.length > 2200))
      t.fail(field)
  }
})

t.test('the feed checks see what must not be, and hold on the page that the seed has', (t) => {
  const reader = world.people.fans.draw(0.3)
  const read: FeedRead = {
    reader,
    readerId: population.userId(reader),
    page: 1,
    before: undefined,
    limit: 20,
    chained: false,
    isFan: true,
    key: 0,
  }
  const right = seededPage(reader)
  const verdict = (name: string, page: FeedPage, asked: FeedRead = read): unknown => {
    const check = feedRead.checks?.find((candidate) => candidate.name === name)
    const answer = check?.check(asked, page, world)
    return answer === true || answer === undefined ? answer : 'violated'
  }
  for (const check of feedRead.checks ?? []) {
    const isOfLaterPages = ['feed.no-overlap-with-previous-page', 'feed.cold-page-follows-previous-page']
    const expected = isOfLaterPages.includes(check.name) ? undefined : true
    t.equal(verdict(check.name, right), expected, check.name)
  }
  const posts = right.posts
  const first = posts[0] ?? view(0)
  t.equal(verdict('feed.newest-first', { ...right, posts: posts.toReversed() }), 'violated')
  t.equal(verdict('feed.no-duplicates', { ...right, posts: [first, ...posts] }), 'violated')
  t.equal(verdict('feed.full-page', { ...right, posts: [first] }), 'violated')
  t.equal(verdict('feed.no-gap', { ...right, posts: posts.slice(1) }), 'violated')
  const second: FeedRead = { ...read, page: 2, before: posts[4]?.postId, chained: true }
  t.equal(verdict('feed.no-overlap-with-previous-page', right, second), 'violated')
  t.equal(verdict('feed.cold-page-follows-previous-page', { ...right, source: 'cold' }, second), 'violated')
  const stranger = Array.from({ length: population.posts }, (_, post) => post).find(
    (post) =>
      !followsSeeded(world, reader, population.authorOf(post)) &&
      population.isPrivate(population.authorOf(post)),
  )
  t.equal(verdict('feed.only-followed', { ...right, posts: [view(stranger ?? 0)] }), 'violated')
  const withoutCelebrities = posts.filter(
    (post) => !population.isCelebrity(population.indexOf(post.authorId) ?? -1),
  )
  if (withoutCelebrities.length < posts.length) {
    t.equal(verdict('feed.no-gap', { ...right, posts: withoutCelebrities }), 'violated', 'S-20')
  }
  t.end()
})

function postNumber(postId: bigint): number {
  let low = 0
  let high = population.posts - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (population.postId(middle) < postId) low = middle + 1
    else high = middle
  }
  return low
}

function view(post: number): PostView {
  return {
    postId: population.postId(post),
    authorId: population.userId(population.authorOf(post)),
    username: '',
    pictureUrl: '',
    caption: '',
    mediaUrls: [],
    likeCount: 0,
    commentCount: 0,
  }
}

/** The first page by brute force over the seed. */
function seededPage(reader: number): FeedPage {
  const numbers = [...population.followees(reader)].flatMap((author) => [...population.postsOf(author)])
  const posts = numbers
    .sort((one, other) => other - one)
    .slice(0, 20)
    .map(view)
  return { posts, next: posts.at(-1)?.postId, source: 'warm', celebrities: 1 }
}

t.test('a post that was answered after its fan-out is a violation', async (t) => {
  const check = postCreate.checks?.find(({ name }) => name === 'post.answered-before-fan-out')
  const post = { authorId: 1n, caption: '', mediaUrls: [], key: 0 }
  t.equal(check?.check(post, { postId: 7n }, world), true)
  t.match(check?.check(post, { postId: 7n, fannedOut: true }, world), { message: /post 7 was answered only/ })
})
