import type { Check, Violation } from '../../../core/operation.ts'
import { timeOfId } from '../../../core/snowflake.ts'
import type { FeedPage } from '../application.ts'
import type { SocialWorld } from '../world.ts'
import { descending, distinct } from './order.ts'
import { followsSeeded, mayFollow } from './pairs.ts'

/** One page of a feed. */
export interface FeedRead {
  /** The reader's index in the seeded population. */
  readonly reader: number
  readonly readerId: bigint
  readonly page: number
  readonly before: bigint | undefined
  readonly limit: number
  /** `before` was answered to an earlier arrival of the same reader; otherwise it stands in for that (law 7). */
  readonly chained: boolean
  /** The reader follows a celebrity. */
  readonly isFan: boolean
  readonly key: number
}

type FeedCheck = Check<FeedRead, FeedPage, SocialWorld>

/** A blocker's edges end at a time that depends on the run, so what seeded readers see of them is left open. */
function countsOn(world: SocialWorld, author: number): boolean {
  return !world.people.isBlocker(author)
}

/** The authors of a page by index, -1 for one who is not of the seed; several checks ask. */
const authorsOfPage = new WeakMap<FeedPage, Int32Array>()

function authorsOf(page: FeedPage, world: SocialWorld): Int32Array {
  const known = authorsOfPage.get(page)
  if (known !== undefined) return known
  // A plain loop: a typed array from an iterable costs three times as much, and every page comes here.
  const authors = new Int32Array(page.posts.length)
  for (let at = 0; at < authors.length; at += 1)
    authors[at] = world.population.indexOf(page.posts[at]?.authorId ?? 0n) ?? -1
  authorsOfPage.set(page, authors)
  return authors
}

const newestFirst: FeedCheck = {
  name: 'feed.newest-first',
  claims: ['SOC-11', 'SOC-71'],
  defects: ['S-28'],
  check: (_read, page) => descending(page.posts),
}

const noDuplicates: FeedCheck = {
  name: 'feed.no-duplicates',
  claims: ['SOC-69'],
  defects: ['S-28'],
  check: (_read, page) => distinct(page.posts),
}

/** A later page holds nothing that is as new as the cursor which the page before it answered. */
function olderThanCursor(read: FeedRead, page: FeedPage): Violation | true | undefined {
  const { before } = read
  if (!read.chained || before === undefined) return undefined
  const repeated = page.posts.find((post) => post.postId >= before)
  if (repeated === undefined) return true
  return {
    message: `page ${read.page} of ${read.readerId} shows ${repeated.postId}, which is not older than ${before}`,
  }
}

const noOverlap: FeedCheck = {
  name: 'feed.no-overlap-with-previous-page',
  claims: ['SOC-69'],
  defects: ['S-29'],
  check: (read, page) => (page.source === 'cold' ? undefined : olderThanCursor(read, page)),
}

const noOverlapCold: FeedCheck = {
  name: 'feed.cold-page-follows-previous-page',
  claims: ['SOC-69'],
  defects: ['S-23'],
  check: (read, page) => (page.source === 'cold' ? olderThanCursor(read, page) : undefined),
}

const onlyFollowed: FeedCheck = {
  name: 'feed.only-followed',
  claims: ['SOC-70', 'SOC-74'],
  defects: ['S-41'],
  check(read, page, world) {
    const stranger = authorsOf(page, world).findIndex(
      (author) => author < 0 || !mayFollow(world, read.reader, author),
    )
    const post = page.posts[stranger]
    if (post === undefined) return page.posts.length === 0 ? undefined : true
    return {
      message: `${read.readerId} sees ${post.postId} by ${post.authorId}, whom nobody asked to follow`,
    }
  },
}

/** Whether the seeded authors whom the reader follows have at least `enough` posts. */
function hasSeeded(world: SocialWorld, reader: number, enough: number): boolean {
  let posts = 0
  for (const author of world.population.followees(reader)) {
    if (countsOn(world, author)) posts += world.population.postsOf(author).length
    if (posts >= enough) return true
  }
  return false
}

const fullPage: FeedCheck = {
  name: 'feed.full-page',
  claims: ['SOC-67', 'SOC-74'],
  defects: ['S-21'],
  check(read, page, world) {
    if (read.page > 1 || !hasSeeded(world, read.reader, read.limit)) return undefined
    if (page.posts.length >= read.limit) return true
    const found = page.posts.length
    return {
      message: `the first page of ${read.readerId} has ${found} posts; the seed alone has ${read.limit}`,
    }
  },
}

/** The seeded posts, by number from `first` to before `end`, that belong on a reader's page. */
function belonging(world: SocialWorld, reader: number, first: number, end: number): number[] {
  const { newest } = world.posts
  const found: number[] = []
  for (const author of world.population.followees(reader)) {
    if ((newest[author] ?? -1) < first || !countsOn(world, author)) continue
    for (const post of world.population.postsOf(author)) {
      if (post < first) break
      if (post < end) found.push(post)
    }
  }
  return found
}

const noGap: FeedCheck = {
  name: 'feed.no-gap',
  claims: ['SOC-66', 'SOC-71'],
  defects: ['S-20'],
  check(read, page, world) {
    const last = page.posts.at(-1)
    if (last === undefined || (read.page > 1 && !read.chained)) return undefined
    const first = world.posts.firstSince(timeOfId(last.postId) + 1)
    const end =
      read.before === undefined ? world.population.posts : world.posts.firstSince(timeOfId(read.before))
    if (first >= end) return true
    const expected = belonging(world, read.reader, first, end)
    if (expected.length <= seededOn(page, read.reader, world)) return true
    for (const post of expected) {
      const postId = world.population.postId(post)
      if (!page.posts.some((shown) => shown.postId === postId))
        return describeGap(world, read, post, last.postId)
    }
    return true
  },
}

/** How many seeded posts newer than its last one a page shows, of authors whom the reader follows in the seed. */
function seededOn(page: FeedPage, reader: number, world: SocialWorld): number {
  const last = page.posts.at(-1)?.postId ?? 0n
  const newestSeeded = world.population.postId(world.population.posts - 1)
  const authors = authorsOf(page, world)
  const lastMs = timeOfId(last)
  return page.posts.filter((post, at) => {
    const author = authors[at] ?? -1
    if (post.postId > newestSeeded || author < 0 || !countsOn(world, author)) return false
    return timeOfId(post.postId) > lastMs && followsSeeded(world, reader, author)
  }).length
}

function describeGap(world: SocialWorld, read: FeedRead, post: number, last: bigint): Violation {
  const { population } = world
  const author = population.authorOf(post)
  const who = population.isCelebrity(author) ? 'the celebrity ' : ''
  const missed = `${population.postId(post)} by ${who}${population.userId(author)}`
  return { message: `${read.readerId} misses ${missed}, newer than ${last}` }
}

/** What must hold of every page of a feed. */
export const feedChecks: readonly FeedCheck[] = [
  newestFirst,
  noDuplicates,
  noOverlap,
  noOverlapCold,
  onlyFollowed,
  fullPage,
  noGap,
]
