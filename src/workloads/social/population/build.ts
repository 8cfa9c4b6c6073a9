import { ArchError } from '../../../core/errors.ts'
import { deriveSeed, permute, randomBelow } from '../../../core/random.ts'
import type { Population } from '../../../core/population.ts'
import type { SocialPopulation } from '../population.ts'
import { row } from './adjacency.ts'
import { buildGraph, CELEBRITY_FOLLOWERS, permutation } from './graph.ts'
import { buildPeople } from './people.ts'
import { buildWriting, POSTING_MS } from './writing.ts'

/** The fixed end of the seeded past: the seed is a pure function, so it may not depend on the day of the run. */
const END_MS = Date.UTC(2026, 0, 1)
const ACTIVE_SHARE = 0.2
const PRIVATE_SHARE = 0.1
const SMALLEST = 100
const LARGEST = 20_000_000

/** Streams of words, so that a caption and a bio of one number differ. */
const WORDS = { bio: 0, caption: 1, comment: 2 } as const

/**
 * The seeded social population: users, graph, posts, likes and comments, a pure function of (seed, size) (design.md, law 7).
 * Memory is about 550 bytes a user.
 * @throws ArchError (exit 2) when the size is not a whole number from 100 to 20 million
 */
export function buildPopulation(population: Population): SocialPopulation {
  const { seed, size } = population
  if (!Number.isInteger(size) || size < SMALLEST || size > LARGEST) {
    throw new ArchError(
      `a social population of ${size} users cannot be made`,
      `choose a whole number from ${SMALLEST} to ${LARGEST}`,
      2,
    )
  }
  const people = buildPeople(size, seed, END_MS - POSTING_MS)
  const graph = buildGraph(size, seed)
  const writing = buildWriting(graph, people.userId, seed, END_MS)
  const { active, hidden, celebrity, fan, activeUsers, celebrities } = traits(graph, size, seed)
  const likeSeed = deriveSeed(seed, 'likes')
  const commentSeed = deriveSeed(seed, 'comment authors')
  const audience = (author: number): Int32Array | undefined =>
    hidden[author] === 1 ? row(graph.followers, author) : undefined

  return {
    size,
    userId: people.userId,
    indexOf: people.indexOf,
    user: (index) => {
      const { username, fullName } = people.name(index)
      return {
        index,
        userId: people.userId(index),
        username,
        email: `${username}@example.org`,
        fullName,
        bio: people.words(WORDS.bio, index, 4),
        pictureUrl: `https://media.example.org/users/${index}.jpg`,
        isPrivate: hidden[index] === 1,
        isActive: active[index] === 1,
      }
    },
    followees: (index) => row(graph.followees, index),
    followers: (index) => row(graph.followers, index),
    isActive: (index) => active[index] === 1,
    isPrivate: (index) => hidden[index] === 1,
    isCelebrity: (index) => celebrity[index] === 1,
    followsCelebrity: (index) => fan[index] === 1,
    activeUsers,
    celebrities,
    posts: writing.postIds.length,
    postId: (post) => writing.postIds[post] ?? outside('post', post),
    authorOf: (post) => writing.authors[post] ?? outside('post', post),
    postsOf: (index) => row(writing.byAuthor, index),
    caption: (post) => people.words(WORDS.caption, post, 3 + (post % 6)),
    mediaUrls: (post) => mediaUrls(post),
    likersOf: (post) =>
      likers(post, writing.likes[post] ?? 0, audience(writing.authors[post] ?? 0), size, likeSeed),
    comments: writing.commentIds.length,
    comment: (number) => {
      const post = writing.commentPosts[number] ?? outside('comment', number)
      const readers = audience(writing.authors[post] ?? 0)
      const choice = randomBelow(readers?.length ?? size, commentSeed, number)
      return {
        commentId: writing.commentIds[number] ?? outside('comment', number),
        post,
        // Only followers can see, and so comment on, what a private account posts; failing those, its owner.
        author: readers === undefined ? choice : (readers[choice] ?? writing.authors[post] ?? 0),
        content: people.words(WORDS.comment, number, 2 + (number % 5)),
      }
    },
    endMs: END_MS,
  }
}

interface Traits {
  readonly active: Uint8Array
  readonly hidden: Uint8Array
  readonly celebrity: Uint8Array
  readonly fan: Uint8Array
  readonly activeUsers: Int32Array
  readonly celebrities: Int32Array
}

function traits(graph: ReturnType<typeof buildGraph>, size: number, seed: number): Traits {
  const celebrity = new Uint8Array(size)
  for (let index = 0; index < size; index += 1) {
    celebrity[index] = row(graph.followers, index).length >= CELEBRITY_FOLLOWERS ? 1 : 0
  }
  const active = flags(permutation(size, deriveSeed(seed, 'active')), Math.round(size * ACTIVE_SHARE))
  const hidden = flags(permutation(size, deriveSeed(seed, 'private')), Math.round(size * PRIVATE_SHARE))
  const fan = new Uint8Array(size)
  const celebrities = indexesOf(celebrity)
  for (const author of celebrities) {
    hidden[author] = 0
    for (const follower of row(graph.followers, author)) fan[follower] = 1
  }
  return { active, hidden, celebrity, fan, activeUsers: indexesOf(active), celebrities }
}

/** 1 for the first `count` members of `order`. */
function flags(order: Int32Array, count: number): Uint8Array {
  const set = new Uint8Array(order.length)
  for (const member of order.subarray(0, count)) set[member] = 1
  return set
}

function indexesOf(set: Uint8Array): Int32Array {
  const indexes: number[] = []
  set.forEach((flag, index) => flag === 1 && indexes.push(index))
  return Int32Array.from(indexes)
}

/** Distinct users: the first members of a permutation that belongs to the post, of all users or of those who may see it. */
function likers(
  post: number,
  wanted: number,
  audience: Int32Array | undefined,
  size: number,
  seed: number,
): Int32Array {
  const among = audience?.length ?? size
  const count = Math.min(wanted, among)
  const order = deriveSeed(seed + post, '')
  const chosen = new Int32Array(count)
  for (let place = 0; place < count; place += 1) {
    const member = permute(place, among, order)
    chosen[place] = audience === undefined ? member : (audience[member] ?? 0)
  }
  return chosen
}

function mediaUrls(post: number): readonly string[] {
  const pictures = post % 10 === 0 ? 3 : 1
  return Array.from(
    { length: pictures },
    (_, picture) => `https://media.example.org/posts/${post}-${picture}.jpg`,
  )
}

function outside(what: string, number: number): never {
  throw new RangeError(`${what} ${number} is outside the seeded population`)
}
