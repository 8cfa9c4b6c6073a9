import { arrivalKey } from '../../../core/operation.ts'
import type { Operation } from '../../../core/operation.ts'
import { permute, random53 } from '../../../core/random.ts'
import { composeId, EPOCH_MS, SHARDS } from '../../../core/snowflake.ts'
import type { SocialApplication } from '../application.ts'
import { rates, shares } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { choose, rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import { CODE } from './code.ts'

const NAME = 'like.add'
/** How far back a retried like lies, in likes. */
const RETRY_REACH = 64
/** Retries are at odd indexes and repeat what stood at an odd one; likes that are taken back stand at even ones. */
const RETRIES_AMONG_ODD = shares.likeRetries.value * 2
/** Which likes may be taken back: they go to posts of even number, so that they are never somebody's like that stays. */
export const revocable = { modulus: 2, residue: 0 } as const
/** Likes that stay, on posts of odd number. */
export const keptLike = { modulus: 2, residue: 1 } as const
const ATTEMPTS = 32

/** Who likes what. */
export interface Like {
  readonly userId: bigint
  readonly postId: bigint
}

/** A like, and whether it is one of the many on the one post of profile `viral`. */
interface LikeAdd extends Like {
  readonly isHot: boolean
  readonly key: number
}

/** A visible post whose number has the given parity, by popularity. */
export function postOfParity(world: SocialWorld, root: number, parity: number): number {
  let post = 0
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    post = world.posts.visible.draw(uniform(root, 10 + attempt))
    if (post % 2 === parity) return post
  }
  return post
}

/** The like at an arrival of the mix, retries apart. */
function fresh(world: SocialWorld, id: ArrivalId): Like {
  const root = rootOf(world.seed, CODE.likeAdd, id)
  return {
    userId: world.population.userId(world.people.active.draw(uniform(root, 0))),
    postId: world.population.postId(postOfParity(world, root, id.index % 2)),
  }
}

/** What an arrival of `like.add` asks, for those that name it. */
export function likeAt(world: SocialWorld, id: ArrivalId): Like {
  const root = rootOf(world.seed, CODE.likeAdd, id)
  const mayRetry = id.index % 2 === 1 && id.index > 2 * RETRY_REACH
  if (!mayRetry || uniform(root, 2) >= RETRIES_AMONG_ODD) return fresh(world, id)
  return fresh(world, { ...id, index: id.index - 2 * (1 + choose(root, 3, RETRY_REACH)) })
}

/**
 * The liker number `index` of the hot post. Each comes once: the seeded users in any order, then visitors, who stand
 * for the rest of the documented population (the seed holds a sample of it). A like of somebody who already liked
 * would leave the hot counter alone, and flatter the design.
 */
function hotLiker(world: SocialWorld, id: ArrivalId): bigint {
  const { size } = world.population
  const turn = id.phase === 'warmup' ? 2 * id.index : 2 * id.index + 1
  if (turn < size) return world.population.userId(permute(turn, size, world.seed))
  const shard = random53(world.seed, turn) % SHARDS
  return composeId({ timeMs: EPOCH_MS + turn, shard, worker: 63, sequence: 0 })
}

/**
 * A like on a post that anybody may see (SOC-04, SOC-45), by Zipf's law over the seeded posts. Some are retries, which
 * must change nothing (S-14). The surge of profile `viral` goes to one post, part `hot` (S-13, SOC-80).
 */
export const likeAdd: Operation<SocialApplication, SocialWorld, LikeAdd, { created: boolean }> = {
  name: NAME,
  claims: ['SOC-08', 'SOC-45'],
  kind: 'write',
  rate: rates[NAME],
  targets: [
    { percentile: 99, belowMs: 100, claims: ['SOC-08'] },
    { part: 'hot', percentile: 99, belowMs: 100, claims: ['SOC-08', 'SOC-80'] },
  ],
  parts: { spread: { expectedShare: 1 }, hot: { expectedShare: 0 } },
  input(arrival, world) {
    const key = arrivalKey(CODE.likeAdd, arrival.phase, arrival.stream, arrival.index)
    if (arrival.stream !== 'surge') return { ...likeAt(world, arrival), isHot: false, key }
    return {
      userId: hotLiker(world, arrival),
      postId: world.population.postId(world.posts.hot),
      isHot: true,
      key,
    }
  },
  run: (application, { userId, postId }, context) => application.like({ userId, postId }, context),
  part: ({ isHot }) => (isHot ? 'hot' : 'spread'),
  journal: ({ userId, postId }) => ({ user: String(userId), post: String(postId) }),
  outcome: (_like, { created }) => ({ created }),
  // Nobody looks for a like of the surge, and there are many.
  result: ({ isHot, key, postId }) => (isHot ? undefined : { key, id: postId }),
}
