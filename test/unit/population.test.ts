import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { shardOfId, timeOfId } from '../../src/core/snowflake.ts'
import { buildPopulation } from '../../src/workloads/social/population/build.ts'
import { truncatedZipf } from '../../src/workloads/social/population/distribution.ts'
import type { SocialPopulation } from '../../src/workloads/social/population.ts'

const full = buildPopulation({ seed: 7, size: 20_000 })

function indexes(population: SocialPopulation): number[] {
  return Array.from({ length: population.size }, (_, index) => index)
}

function digest(population: SocialPopulation): string {
  const all = {
    users: indexes(population).map((index) => population.user(index)),
    edges: indexes(population).map((index) => [...population.followees(index)]),
    posts: Array.from({ length: population.posts }, (_, post) => [
      population.postId(post),
      population.authorOf(post),
      population.caption(post),
      population.mediaUrls(post),
      [...population.likersOf(post)],
    ]),
    comments: Array.from({ length: population.comments }, (_, number) => population.comment(number)),
  }
  const text = JSON.stringify(all, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  return createHash('sha256').update(text).digest('hex')
}

t.test('a population is a pure function of its seed and size', async (t) => {
  const one = digest(buildPopulation({ seed: 3, size: 300 }))
  t.equal(digest(buildPopulation({ seed: 3, size: 300 })), one)
  t.not(digest(buildPopulation({ seed: 4, size: 300 })), one)
})

t.test('a size that is too small, too large or not whole is a usage error that names it', async (t) => {
  for (const size of [0, -5, 99, 100.5, Number.NaN, 1e9]) {
    t.throws(() => buildPopulation({ seed: 1, size }), { exitCode: 2, message: String(size) })
  }
})

t.test('the default population has the documented shape', async (t) => {
  const follows = indexes(full).reduce((sum, index) => sum + full.followees(index).length, 0)
  t.equal(follows / full.size, 50, 'mean 50 follows')
  t.equal(full.activeUsers.length, 4_000, 'exactly a fifth is active')
  const hidden = indexes(full).filter((index) => full.isPrivate(index))
  t.ok(hidden.length > 1_900 && hidden.length <= 2_000, 'about a tenth is private')
  t.equal(full.posts, 100_000)
  t.equal(full.comments, 50_000)
  const likes = Array.from({ length: full.posts }, (_, post) => full.likersOf(post).length)
  const mean = likes.reduce((sum, count) => sum + count, 0) / full.posts
  t.ok(mean > 3.8 && mean <= 4, 'about four likes a post')
  t.ok(Math.max(...likes) > 100 * mean, 'a few posts take most likes')
  t.ok(
    indexes(full).some((index) => full.followees(index).length === 0 && full.isActive(index)),
    'somebody active follows nobody',
  )
})

t.test('celebrities stand clear of the threshold, and nobody else comes near it', async (t) => {
  for (const size of [4_999, 5_000, 7_499, 12_500, 19_999, 20_000]) {
    const population = size === full.size ? full : buildPopulation({ seed: 11, size })
    const counts = indexes(population).map((index) => population.followers(index).length)
    t.ok(
      counts.every((count) => count < 850 || count > 1_000),
      `${size} users: a gap around the threshold`,
    )
    t.strictSame(
      [...population.celebrities],
      indexes(population).filter((index) => (counts[index] ?? 0) >= 1_000),
    )
    t.notOk(
      population.celebrities.some((index) => population.isPrivate(index)),
      'no celebrity is private',
    )
  }
  t.ok(full.celebrities.length >= 8)
  const fans = indexes(full).filter((index) => full.followsCelebrity(index))
  t.ok(fans.length > 0.23 * full.size && fans.length < 0.27 * full.size, 'a quarter of the users are fans')
  for (const index of indexes(full)) {
    const followed = full.followees(index).filter((author) => full.isCelebrity(author)).length
    if (followed > 3 || followed > 0 !== full.followsCelebrity(index))
      t.fail(`user ${index} follows ${followed}`)
  }
})

t.test('properties of every population', async (t) => {
  const populations = fc.record({ seed: fc.nat(), size: fc.integer({ min: 100, max: 700 }) })
  fc.assert(
    fc.property(populations, (choice) => {
      const population = buildPopulation(choice)
      const pairs = new Set<string>()
      for (const index of indexes(population)) {
        const followees = population.followees(index)
        if (followees.includes(index)) return false
        if (followees.some((author, place) => place > 0 && author <= (followees[place - 1] ?? 0)))
          return false
        for (const author of followees) pairs.add(`${index} ${author}`)
        if (population.indexOf(population.userId(index)) !== index) return false
        const posts = population.postsOf(index)
        if (
          posts.some(
            (post, place) => population.authorOf(post) !== index || post >= (posts[place - 1] ?? 1e9),
          )
        )
          return false
      }
      const mirrored = indexes(population).flatMap((index) =>
        [...population.followers(index)].map((follower) => `${follower} ${index}`),
      )
      return mirrored.length === pairs.size && mirrored.every((pair) => pairs.has(pair))
    }),
    { numRuns: 15 },
  )
  t.pass('edges are ascending, without self or repeats, and followers is the inverse of followees')

  fc.assert(
    fc.property(populations, (choice) => {
      const population = buildPopulation(choice)
      const newestUser = population.userId(population.size - 1)
      for (let post = 0; post < population.posts; post += 1) {
        const id = population.postId(post)
        if (id <= (post === 0 ? newestUser : population.postId(post - 1)) || timeOfId(id) >= population.endMs)
          return false
        const author = population.authorOf(post)
        if (shardOfId(id) !== shardOfId(population.userId(author))) return false
        const likers = population.likersOf(post)
        if (new Set(likers).size !== likers.length) return false
        if (population.isPrivate(author)) {
          const followers = new Set(population.followers(author))
          if (likers.some((liker) => !followers.has(liker))) return false
        }
      }
      const comments = Array.from({ length: population.comments }, (_, number) => population.comment(number))
      return (
        new Set(comments.map((comment) => comment.commentId)).size === comments.length &&
        comments.every(
          ({ commentId, post }) =>
            shardOfId(commentId) === shardOfId(population.postId(post)) &&
            timeOfId(commentId) > timeOfId(population.postId(post)) &&
            timeOfId(commentId) < population.endMs,
        )
      )
    }),
    { numRuns: 15 },
  )
  t.pass('ids grow, carry their shard, and lie in the seeded past; private posts are liked by followers only')
})

t.test('all 256 shards hold users, evenly', async (t) => {
  const counts = new Int32Array(256)
  for (const index of indexes(full)) {
    const shard = shardOfId(full.userId(index))
    counts[shard] = (counts[shard] ?? 0) + 1
  }
  const expected = full.size / 256
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  t.ok(chiSquare < 330, 'chi-square of 255 degrees of freedom, p > .001')
})

t.test('a user registered later has no index', async (t) => {
  t.equal(full.indexOf(full.userId(0) - 1n), undefined)
  t.equal(full.indexOf(full.userId(full.size - 1) + 1n), undefined)
})

t.test('a truncated Zipf law shares out its total exactly, below its cap, in falling order', async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0.1, max: 2, noNaN: true }),
      fc.integer({ min: 1, max: 900 }),
      fc.integer({ min: 0, max: 50_000 }),
      (size, exponent, cap, total) => {
        const shares = truncatedZipf(size, exponent, cap, total)
        const sum = shares.reduce((before, share) => before + share, 0)
        return sum === Math.min(total, size * cap) && shares.every((share) => share >= 0 && share <= cap)
      },
    ),
  )
  t.pass()
})
