import { deriveSeed, random01 } from '../../../core/random.ts'
import type { SocialWorld } from '../world.ts'

/** A follower only ever follows a few of all users in a run, so that checks can tell who may have been followed. */
export const FOLLOW_CANDIDATES = 8
const ATTEMPTS = 16

/** Whether `list`, ascending, holds `value`. */
function holds(list: Int32Array, value: number): boolean {
  let low = 0
  let high = list.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const found = list[middle] ?? 0
    if (found === value) return true
    if (found < value) low = middle + 1
    else high = middle - 1
  }
  return false
}

/** Whether the reader follows the author in the seeded graph. */
export function followsSeeded(world: SocialWorld, reader: number, author: number): boolean {
  return holds(world.population.followees(reader), author)
}

/** The user whom `follower` may follow under number `candidate` (0 to 7): popular, and not followed in the seed. */
export function followCandidate(world: SocialWorld, follower: number, candidate: number): number {
  const seed = deriveSeed(world.seed, 'follow')
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const target = world.people.anybody.draw(
      random01(seed, follower * FOLLOW_CANDIDATES + candidate, attempt),
    )
    if (target !== follower && !followsSeeded(world, follower, target)) return target
  }
  for (let step = 1; step < world.population.size; step += 1) {
    const target = (follower + candidate + step) % world.population.size
    if (target !== follower && !followsSeeded(world, follower, target)) return target
  }
  return follower
}

/** Whether `reader` may follow `author` at some time of the run: the seeded graph, or an arrival that asked for it. */
export function mayFollow(world: SocialWorld, reader: number, author: number): boolean {
  if (followsSeeded(world, reader, author)) return true
  for (let candidate = 0; candidate < FOLLOW_CANDIDATES; candidate += 1) {
    if (followCandidate(world, reader, candidate) === author) return true
  }
  return false
}

/** A seeded comment under a visible post, drawn by rejection: most posts are visible. */
export function visibleComment(
  world: SocialWorld,
  root: number,
): ReturnType<SocialWorld['population']['comment']> {
  const { population, posts } = world
  let comment = population.comment(0)
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    comment = population.comment(Math.floor(random01(root, 100 + attempt) * population.comments))
    if (posts.isVisible(comment.post)) return comment
  }
  return comment
}

/** A private account with posts that `reader` neither follows nor asks to follow in this run. */
export function privateAuthor(world: SocialWorld, reader: number, root: number): number | undefined {
  const { people, population } = world
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const author = people.closed.draw(random01(root, 200 + attempt))
    const isStranger = author !== reader && population.isPrivate(author) && !mayFollow(world, reader, author)
    if (isStranger && population.postsOf(author).length > 0) return author
  }
  return undefined
}
