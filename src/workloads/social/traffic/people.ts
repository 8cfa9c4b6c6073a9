import { deriveSeed, permute, random01, zipfSampler } from '../../../core/random.ts'
import { skew } from '../model.ts'
import type { SocialPopulation } from '../population.ts'

/** Draws members of a group, the most popular ones most often. */
export interface Group {
  readonly members: Int32Array
  /** @param uniform a number in [0, 1) */
  draw(uniform: number): number
  /** The n-th member of a walk that meets everybody once before it meets anybody twice. */
  walk(step: number): number
}

/** Who does what, by user index. All groups are pure functions of the seed. */
export interface People {
  /** Active users, by how often they come: they read, like, comment, follow. */
  readonly active: Group
  /** Active users who follow a celebrity, and those who do not. */
  readonly fans: Group
  readonly others: Group
  /** Inactive users: each comes once in a long while, to a feed that is no longer there. */
  readonly returning: Group
  /** Inactive users who do nothing but block: they never read a feed, so that nobody's pages depend on their timing. */
  readonly blockers: Group
  isBlocker(index: number): boolean
  /** Active users who are no celebrities, by how often they post; and the celebrities. */
  readonly authors: Group
  readonly celebrities: Group
  /** Everybody but blockers by popularity; `open` leaves out private accounts, `closed` is those alone. */
  readonly anybody: Group
  readonly open: Group
  readonly closed: Group
}

const BLOCKER_SHARE = 0.05

/** A group of `members` with Zipf popularity; the order of popularity depends on the seed and the label alone. */
export function group(seed: number, label: string, members: Int32Array, exponent: number): Group {
  const order = deriveSeed(seed, label)
  const sampler = zipfSampler(members.length, exponent)
  const at = (rank: number): number => members[permute(rank, members.length, order)] ?? 0
  return {
    members,
    draw: (uniform) => at(sampler.rank(uniform)),
    walk: (step) => at(((step % members.length) + members.length) % members.length),
  }
}

/** Divides the seeded users into groups. */
export function people(seed: number, population: SocialPopulation): People {
  const all = Int32Array.from({ length: population.size }, (_, index) => index)
  const inactive = all.filter((index) => !population.isActive(index) && !population.isCelebrity(index))
  const blockerSeed = deriveSeed(seed, 'blockers')
  const byDraw = inactive
    .slice()
    .sort((one, other) => random01(blockerSeed, one) - random01(blockerSeed, other) || one - other)
  const blockers = byDraw.slice(0, Math.max(2, Math.floor(inactive.length * BLOCKER_SHARE)))
  const blocking = new Uint8Array(population.size)
  for (const index of blockers) blocking[index] = 1
  const anybody = all.filter((index) => blocking[index] === 0)
  const { active, fans, others, authors } = groupsOfActive(population)
  const readers = skew.readers.value
  const popular = skew.authors.value
  return {
    active: group(seed, 'active', active, readers),
    fans: group(seed, 'fans', orElse(fans, active), readers),
    others: group(seed, 'others', orElse(others, active), readers),
    returning: group(
      seed,
      'returning',
      inactive.filter((index) => blocking[index] === 0),
      0,
    ),
    blockers: group(seed, 'blockers', blockers, 0),
    isBlocker: (index) => blocking[index] === 1,
    authors: group(seed, 'authors', orElse(authors, active), popular),
    celebrities: group(seed, 'celebrities', orElse(population.celebrities, active), 0),
    anybody: group(seed, 'anybody', anybody, popular),
    open: group(
      seed,
      'open',
      anybody.filter((index) => !population.isPrivate(index)),
      popular,
    ),
    closed: group(
      seed,
      'closed',
      orElse(
        anybody.filter((index) => population.isPrivate(index)),
        anybody,
      ),
      0,
    ),
  }
}

function groupsOfActive(
  population: SocialPopulation,
): Record<'active' | 'fans' | 'others' | 'authors', Int32Array> {
  const active = population.activeUsers
  return {
    active,
    fans: active.filter((index) => population.followsCelebrity(index)),
    others: active.filter((index) => !population.followsCelebrity(index)),
    authors: active.filter((index) => !population.isCelebrity(index)),
  }
}

/** A small population may have no celebrity, so no fans: the traffic goes on with a group that is there. */
function orElse(members: Int32Array, fallback: Int32Array): Int32Array {
  return members.length > 0 ? members : fallback
}
