import { deriveSeed, permute, random01, randomBelow, weightedSampler } from '../../../core/random.ts'
import { composeId, shardOfId } from '../../../core/snowflake.ts'
import { offsetsOf } from './adjacency.ts'
import type { Adjacency } from './adjacency.ts'
import { truncatedZipf } from './distribution.ts'
import { permutation } from './graph.ts'
import type { Graph } from './graph.ts'

/** The seeded posts cover this many milliseconds: four weeks, inside one month partition. */
export const POSTING_MS: number = 28 * 86_400_000

const POSTS_PER_USER = 5
const MOST_POSTS = 300
const LIKES_PER_POST = 4
const COMMENTS_PER_POST = 0.5
const EXPONENT = 0.8

/** Posts, and how much each is liked and commented on, as flat arrays. */
export interface Writing {
  readonly postIds: BigInt64Array
  readonly authors: Int32Array
  /** Post numbers by author, newest first. */
  readonly byAuthor: Adjacency
  readonly likes: Int32Array
  readonly commentIds: BigInt64Array
  readonly commentPosts: Int32Array
}

/**
 * Five posts a user by a Zipf law (celebrities have its first ranks), evenly over the four weeks before `endMs`; likes
 * and comments by Zipf laws over one popularity of posts. Ids grow with the number and carry the author's shard.
 */
export function buildWriting(
  graph: Graph,
  userId: (index: number) => bigint,
  seed: number,
  endMs: number,
): Writing {
  const size = graph.byPopularity.length
  const counts = postCounts(graph, size, deriveSeed(seed, 'posting'))
  const posts = counts.reduce((sum, count) => sum + count, 0)
  const authors = shuffledAuthors(counts, posts, deriveSeed(seed, 'order'))
  const postIds = new BigInt64Array(posts)
  const timeSeed = deriveSeed(seed, 'post times')
  const startMs = endMs - POSTING_MS
  for (let post = 0; post < posts; post += 1) {
    // Less than half a step of jitter keeps the times strictly increasing.
    const timeMs = startMs + Math.floor(((post + random01(timeSeed, post) / 2) * POSTING_MS) / posts)
    postIds[post] = composeId({
      timeMs,
      shard: shardOfId(userId(authors[post] ?? 0)),
      worker: 0,
      sequence: 0,
    })
  }
  const byFame = permutation(posts, deriveSeed(seed, 'fame'))
  return {
    postIds,
    authors,
    byAuthor: newestFirst(authors, offsetsOf(counts)),
    likes: likeCounts(byFame, size),
    ...writeComments(postIds, byFame, deriveSeed(seed, 'comments'), startMs),
  }
}

function postCounts(graph: Graph, size: number, seed: number): Int32Array {
  const byRank = truncatedZipf(size, EXPONENT, MOST_POSTS, size * POSTS_PER_USER)
  const counts = new Int32Array(size)
  const others = size - graph.celebrities
  byRank.forEach((count, rank) => {
    const other = rank - graph.celebrities
    const popularity = other < 0 ? rank : graph.celebrities + permute(other, others, seed)
    counts[graph.byPopularity[popularity] ?? 0] = count
  })
  return counts
}

function shuffledAuthors(counts: Int32Array, posts: number, seed: number): Int32Array {
  const authors = new Int32Array(posts)
  let filled = 0
  counts.forEach((count, author) => {
    authors.fill(author, filled, filled + count)
    filled += count
  })
  for (let post = posts - 1; post > 0; post -= 1) {
    const other = randomBelow(post + 1, seed, post)
    const author = authors[post] ?? 0
    authors[post] = authors[other] ?? 0
    authors[other] = author
  }
  return authors
}

function newestFirst(authors: Int32Array, offsets: Int32Array): Adjacency {
  const items = new Int32Array(authors.length)
  const next = offsets.slice()
  for (let post = authors.length - 1; post >= 0; post -= 1) {
    const author = authors[post] ?? 0
    const place = next[author] ?? 0
    items[place] = post
    next[author] = place + 1
  }
  return { offsets, items }
}

function likeCounts(byFame: Int32Array, users: number): Int32Array {
  const posts = byFame.length
  const byRank = truncatedZipf(posts, EXPONENT, Math.ceil(users / 10), posts * LIKES_PER_POST)
  const likes = new Int32Array(posts)
  byRank.forEach((count, rank) => (likes[byFame[rank] ?? 0] = count))
  return likes
}

function writeComments(
  postIds: BigInt64Array,
  byFame: Int32Array,
  seed: number,
  startMs: number,
): { commentIds: BigInt64Array; commentPosts: Int32Array } {
  const posts = postIds.length
  const comments = Math.floor(posts * COMMENTS_PER_POST)
  const stepMs = POSTING_MS / (comments + 2)
  const fame = weightedSampler(posts, (rank) => (rank + 1) ** -EXPONENT)
  const commentIds = new BigInt64Array(comments)
  const commentPosts = new Int32Array(comments)
  for (let number = 0; number < comments; number += 1) {
    // Only posts that are older than the comment: as many as fit in the time before it.
    const older = Math.max(1, Math.floor(((number + 1) * stepMs * posts) / POSTING_MS))
    const post = olderPost(fame, byFame, older, seed, number)
    const timeMs = startMs + Math.floor((number + 1 + random01(seed, number, 99) / 2) * stepMs)
    commentPosts[number] = post
    commentIds[number] = composeId({ timeMs, shard: shardOfId(postIds[post] ?? 0n), worker: 0, sequence: 0 })
  }
  return { commentIds, commentPosts }
}

function olderPost(
  fame: { rank(uniform: number): number },
  byFame: Int32Array,
  older: number,
  seed: number,
  number: number,
): number {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const post = byFame[fame.rank(random01(seed, number, attempt))] ?? 0
    if (post < older) return post
  }
  return randomBelow(older, seed, number, 98)
}
