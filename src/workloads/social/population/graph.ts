import { deriveSeed, permute, random01, randomBelow, weightedSampler } from '../../../core/random.ts'
import type { RankSampler } from '../../../core/random.ts'
import { inverse, offsetsOf } from './adjacency.ts'
import type { Adjacency } from './adjacency.ts'
import { truncatedZipf } from './distribution.ts'

/** An author with this many followers is a celebrity (SOC-59, SOC-66). */
export const CELEBRITY_FOLLOWERS = 1_000

const MEAN_FOLLOWS = 50
const MOST_FOLLOWS = 500
/** The popularity law ends here, and no draw goes past the bound below: nobody stands near the edge of celebrity. */
const POPULARITY_CAP = 800
const ORDINARY_FOLLOWERS_BELOW = 850
const POPULARITY_EXPONENT = 0.8
const ACTIVITY_EXPONENT = 0.5
/** One user in a hundred follows nobody (SOC-70). */
const LONELY_SHARE = 0.01
const FAN_SHARE = 0.25
/** Below this size a quarter of the users cannot make anyone a celebrity. */
const SMALLEST_WITH_CELEBRITIES = 5_000

/** Who follows whom, and who the celebrities are. */
export interface Graph {
  readonly followees: Adjacency
  readonly followers: Adjacency
  /** User index by popularity rank; the first `celebrities` ranks are the celebrities. */
  readonly byPopularity: Int32Array
  readonly celebrities: number
}

/** How many celebrities a population of `size` has: about 1,500 followers for each. */
function celebrityCount(size: number): number {
  if (size < SMALLEST_WITH_CELEBRITIES) return 0
  return size < 20_000 ? Math.floor(size * 0.0004) : Math.max(8, Math.round(size * 0.0004))
}

/**
 * The follow graph: mean 50 follows a user, out-degrees and popularity by truncated Zipf laws; a quarter of the
 * users, the fans, follow 1 to 3 celebrities, the others none. A pure function of both arguments.
 */
export function buildGraph(size: number, seed: number): Graph {
  const celebrities = celebrityCount(size)
  const byPopularity = permutation(size, deriveSeed(seed, 'popularity'))
  const byActivity = permutation(size, deriveSeed(seed, 'follows'))
  const fans = fanFollows(size, celebrities, deriveSeed(seed, 'fans'), byActivity)
  const degrees = outDegrees(size, byActivity, fans)
  const offsets = offsetsOf(degrees)
  const items = new Int32Array(offsets[size] ?? 0)
  const draw = authorDraw(size, celebrities, byPopularity, degrees, fans, deriveSeed(seed, 'edges'))
  const fanDraw = weightedSampler(celebrities, (rank) => 1.2 - (0.35 * rank) / celebrities)
  const fanSeed = deriveSeed(seed, 'celebrities')
  const chosen = new Int32Array(size)
  for (let user = 0; user < size; user += 1) {
    const start = offsets[user] ?? 0
    const end = offsets[user + 1] ?? 0
    chosen[user] = user + 1
    let at = start
    for (; at < start + (fans[user] ?? 0); at += 1) {
      const celebrity = drawCelebrity(fanDraw, fanSeed, user, byPopularity, chosen)
      if (celebrity === undefined) break
      items[at] = celebrity
    }
    for (; at < end; at += 1) items[at] = draw(user, chosen)
    items.subarray(start, end).sort()
  }
  const followees = { offsets, items }
  return { followees, followers: inverse(followees, size), byPopularity, celebrities }
}

/** The numbers 0 to size-1 in a seeded order. */
export function permutation(size: number, seed: number): Int32Array {
  return Int32Array.from({ length: size }, (_, index) => permute(index, size, seed))
}

/** How many celebrities each user follows: 0 for three quarters, else 1 to 3, mean 2.4. */
function fanFollows(size: number, celebrities: number, seed: number, byActivity: Int32Array): Uint8Array {
  const follows = new Uint8Array(size)
  if (celebrities === 0) return follows
  for (let user = 0; user < size; user += 1) {
    if (random01(seed, user) >= FAN_SHARE) continue
    const luck = random01(seed, user, 1)
    follows[user] = Math.min(celebrities, luck < 0.15 ? 1 : luck < 0.45 ? 2 : 3)
  }
  for (const user of byActivity.subarray(size - Math.floor(size * LONELY_SHARE))) follows[user] = 0
  return follows
}

function outDegrees(size: number, byActivity: Int32Array, fans: Uint8Array): Int32Array {
  const following = size - Math.floor(size * LONELY_SHARE)
  const cap = Math.min(MOST_FOLLOWS, Math.floor(size * 0.8))
  const byRank = truncatedZipf(following, ACTIVITY_EXPONENT, cap, Math.round(size * MEAN_FOLLOWS))
  const degrees = new Int32Array(size)
  byRank.forEach((degree, rank) => {
    const user = byActivity[rank] ?? 0
    degrees[user] = Math.max(degree, fans[user] ?? 0)
  })
  return degrees
}

function drawCelebrity(
  sampler: RankSampler,
  seed: number,
  user: number,
  byPopularity: Int32Array,
  chosen: Int32Array,
): number | undefined {
  for (let attempt = 0; attempt < 64; attempt += 1) {
    const celebrity = byPopularity[sampler.rank(random01(seed, user, attempt))] ?? 0
    if (chosen[celebrity] === user + 1) continue
    chosen[celebrity] = user + 1
    return celebrity
  }
  return undefined
}

/** Draws ordinary authors by popularity, none twice for a user, none past the bound on followers. */
function authorDraw(
  size: number,
  celebrities: number,
  byPopularity: Int32Array,
  degrees: Int32Array,
  fans: Uint8Array,
  seed: number,
): (user: number, chosen: Int32Array) => number {
  let edges = 0
  degrees.forEach((degree, user) => (edges += degree - (fans[user] ?? 0)))
  const authors = size - celebrities
  const cap = Math.min(POPULARITY_CAP, Math.floor(size * 0.8))
  const popularity = truncatedZipf(authors, POPULARITY_EXPONENT, cap, edges)
  const sampler = weightedSampler(authors, (rank) => popularity[rank] ?? 0)
  const followers = new Int32Array(size)
  let draws = 0
  const free = (author: number, user: number, chosen: Int32Array): boolean =>
    chosen[author] !== user + 1 && (followers[author] ?? 0) < ORDINARY_FOLLOWERS_BELOW - 1
  return (user, chosen) => {
    let author = 0
    for (let attempt = 0; attempt < 32; attempt += 1) {
      draws += 1
      author = byPopularity[celebrities + sampler.rank(random01(seed, draws))] ?? 0
      if (free(author, user, chosen)) return take(author)
    }
    // Where nearly everyone is chosen already (tiny populations), the next free one from a random place on.
    let rank = randomBelow(authors, seed, draws, 1)
    do {
      rank = (rank + 1) % authors
      author = byPopularity[celebrities + rank] ?? 0
    } while (!free(author, user, chosen))
    return take(author)

    function take(taken: number): number {
      followers[taken] = (followers[taken] ?? 0) + 1
      chosen[taken] = user + 1
      return taken
    }
  }
}
