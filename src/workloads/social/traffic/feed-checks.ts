import type { Check, Violation } from '../../../core/operation.ts'
import { timeOfId } from '../../../core/snowflake.ts'
import type { FeedPage } from '../application.ts'
import type { SocialWorld } from '../world.ts'
import type { FeedRead } from './feed-read.ts'
import { descending, distinct } from './order.ts'
import { mayFollow } from './pairs.ts'

type FeedCheck = Check<FeedRead, FeedPage, SocialWorld>

/** A blocker's edges end at a time that depends on the run, so what seeded readers see of them is left open. */
function countsOn(world: SocialWorld, author: number): boolean {
  return !world.people.isBlocker(author)
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
    for (const post of page.posts) {
      const author = world.population.indexOf(post.authorId)
      if (author === undefined || !mayFollow(world, read.reader, author)) {
        return { message: `${read.readerId} sees ${post.postId} by ${post.authorId}, whom nobody asked to follow` }
      }
    }
    return page.posts.length === 0 ? undefined : true
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
    return { message: `the first page of ${read.readerId} has ${found} posts; the seed alone has ${read.limit}` }
  },
}

/** A seeded post of `author` that belongs on the page, between its oldest post and its cursor, and is not there. */
function missing(world: SocialWorld, author: number, page: FeedPage, oldestMs: number, beforeMs: number): bigint | undefined {
  for (const number of world.population.postsOf(author)) {
    const postId = world.population.postId(number)
    const time = timeOfId(postId)
    if (time <= oldestMs) return undefined
    if (time < beforeMs && !page.posts.some((post) => post.postId === postId)) return postId
  }
  return undefined
}

const noGap: FeedCheck = {
  name: 'feed.no-gap',
  claims: ['SOC-66', 'SOC-71'],
  defects: ['S-20'],
  check(read, page, world) {
    const last = page.posts.at(-1)
    if (last === undefined || (read.page > 1 && !read.chained)) return undefined
    const oldestMs = timeOfId(last.postId)
    const beforeMs = read.before === undefined ? Infinity : timeOfId(read.before)
    for (const author of world.population.followees(read.reader)) {
      if ((world.posts.newestMs[author] ?? 0) <= oldestMs || !countsOn(world, author)) continue
      const gap = missing(world, author, page, oldestMs, beforeMs)
      if (gap !== undefined) return describeGap(world, read, author, gap, last.postId)
    }
    return true
  },
}

function describeGap(world: SocialWorld, read: FeedRead, author: number, gap: bigint, last: bigint): Violation {
  const who = world.population.isCelebrity(author) ? 'the celebrity ' : ''
  return { message: `${read.readerId} misses ${gap} by ${who}${world.population.userId(author)}, newer than ${last}` }
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
