import { arrivalKey } from '../../../core/operation.ts'
import type { Arrival, Operation } from '../../../core/operation.ts'
import type { OperationName } from '../../../core/names.ts'
import type { SocialApplication } from '../application.ts'
import { rates } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { choose, rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import { FOLLOW_CANDIDATES, followCandidate } from './pairs.ts'
import { CODE } from './code.ts'

/** A follower and the one who is followed. */
export interface Edge {
  readonly followerId: bigint
  readonly followingId: bigint
}

/** A block. */
interface BlockAdd {
  readonly userId: bigint
  readonly blockedId: bigint
  readonly key: number
  /** When it is intended, in its phase. */
  readonly offsetMicros: bigint
}

/** How many earlier follows are looked at for one of the wanted kind: a tenth of the accounts are private. */
const SEARCH = 200

/** Who follows whom at an arrival of `follow.add`, by index. */
function followAt(world: SocialWorld, id: ArrivalId): readonly [follower: number, following: number] {
  const root = rootOf(world.seed, CODE.followAdd, id)
  const follower = world.people.active.draw(uniform(root, 0))
  return [follower, followCandidate(world, follower, choose(root, 1, FOLLOW_CANDIDATES))]
}

function edge(world: SocialWorld, [follower, following]: readonly [number, number]): Edge {
  return { followerId: world.population.userId(follower), followingId: world.population.userId(following) }
}

/** Consecutive arrivals take turns over as many earlier follows, so that few name the same one. */
const TURNS = 4

/** An earlier follow of this run whose target is private, or not; this arrival's own pair stands in. */
function earlierFollow(world: SocialWorld, arrival: Arrival, isPrivate: boolean, name: OperationName): Edge {
  const last = earlier(world.pace, arrival, { operation: 'follow.add', lagSeconds: 1.5 })
  let skipped = 0
  for (let step = 0; last !== undefined && step < SEARCH && step <= last.index; step += 1) {
    const pair = followAt(world, { ...last, index: last.index - step })
    if (world.population.isPrivate(pair[1]) !== isPrivate) continue
    if (skipped === arrival.index % TURNS) return edge(world, pair)
    skipped += 1
  }
  countStandIn(world, name)
  return edge(world, followAt(world, arrival))
}

const edgeJournal = ({ followerId, followingId }: Edge): Record<string, string> => ({
  follower: String(followerId),
  following: String(followingId),
})

/** An active user follows somebody popular whom the seed does not have them follow (SOC-54). */
export const followAdd: Operation<
  SocialApplication,
  SocialWorld,
  Edge,
  { state: 'following' | 'requested'; created: boolean }
> = {
  name: 'follow.add',
  claims: ['SOC-12', 'SOC-54'],
  kind: 'write',
  rate: rates['follow.add'],
  targets: [],
  input: (arrival, world) => edge(world, followAt(world, arrival)),
  run: (application, follow, context) => application.follow(follow, context),
  journal: edgeJournal,
  outcome: (_edge, { state, created }) => ({ state, created }),
}

/** The owner of a private account lets in somebody who asked in this run (SOC-33). */
export const followAccept: Operation<SocialApplication, SocialWorld, Edge, { created: boolean }> = {
  name: 'follow.accept',
  claims: ['SOC-33'],
  kind: 'write',
  rate: rates['follow.accept'],
  targets: [],
  // Some name a request that was let in already, and early ones name none: the application refuses those.
  refusalShare: [0, 0.8],
  input: (arrival, world) => earlierFollow(world, arrival, true, 'follow.accept'),
  run: (application, { followerId, followingId }, context) =>
    application.acceptFollow({ userId: followingId, followerId }, context),
  journal: ({ followerId, followingId }) => ({ user: String(followingId), follower: String(followerId) }),
  outcome: (_edge, { created }) => ({ created }),
}

/** A follow of this run ends; edges of the seed stay, so that checks know them. */
export const followRemove: Operation<SocialApplication, SocialWorld, Edge, { removed: boolean }> = {
  name: 'follow.remove',
  claims: ['SOC-12', 'SOC-54'],
  kind: 'write',
  rate: rates['follow.remove'],
  targets: [],
  input: (arrival, world) => earlierFollow(world, arrival, false, 'follow.remove'),
  run: (application, follow, context) => application.unfollow(follow, context),
  journal: edgeJournal,
  outcome: (_edge, { removed }) => ({ removed }),
}

/** Who blocks whom at an arrival of `block.add`, by index: often somebody whom the blocker follows. */
export function blockAt(world: SocialWorld, id: ArrivalId): readonly [blocker: number, blocked: number] {
  const root = rootOf(world.seed, CODE.blockAdd, id)
  const blocker = world.people.blockers.draw(uniform(root, 0))
  const followees = world.population.followees(blocker)
  const followed = followees[choose(root, 2, followees.length)]
  if (uniform(root, 1) < 0.5 && followed !== undefined) return [blocker, followed]
  return [blocker, world.people.anybody.draw(uniform(root, 3))]
}

/** Somebody inactive blocks somebody, which ends the follows between them (S-40, S-41). */
export const blockAdd: Operation<SocialApplication, SocialWorld, BlockAdd, { created: boolean }> = {
  name: 'block.add',
  claims: ['SOC-12'],
  kind: 'write',
  rate: rates['block.add'],
  targets: [],
  input(arrival, world) {
    const [blocker, blocked] = blockAt(world, arrival)
    return {
      userId: world.population.userId(blocker),
      blockedId: world.population.userId(blocked),
      key: arrivalKey(CODE.blockAdd, arrival.phase, arrival.stream, arrival.index),
      offsetMicros: BigInt(Math.round(arrival.offsetMicros)),
    }
  },
  run: (application, { userId, blockedId }, context) => application.block({ userId, blockedId }, context),
  journal: ({ userId, blockedId }) => ({ user: String(userId), blocked: String(blockedId) }),
  outcome: (_block, { created }) => ({ created }),
  // Blocks are rare: where one stands in the plan says little of when it came.
  result: ({ key, offsetMicros }) => ({ key, id: offsetMicros }),
}
