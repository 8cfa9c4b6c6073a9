import type { Operation } from '../../../core/operation.ts'
import type { SocialApplication } from '../application.ts'
import { rates } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import type { Like } from './like-add.ts'
import { likeAt, postOfParity, revocable } from './like-add.ts'
import { CODE } from './code.ts'

const NAME = 'like.remove'
/** Consecutive removals take turns over as many likes, so that hardly two name the same one. */
const TURNS = 32

/** Takes back a like of this run; a like of the seed stands in while the run is too young (SOC-08). */
export const likeRemove: Operation<SocialApplication, SocialWorld, Like, { removed: boolean }> = {
  name: NAME,
  claims: ['SOC-08'],
  kind: 'write',
  rate: rates[NAME],
  // p95: at 1/1000 a p99 would need thirty times the unlikes of the mix as probes.
  targets: [{ percentile: 95, belowMs: 100, claims: ['SOC-08'] }],
  input(arrival, world) {
    const parent = earlier(world.pace, arrival, {
      operation: 'like.add',
      lagSeconds: 1,
      modulus: revocable.modulus * TURNS,
      residue: revocable.modulus * (arrival.index % TURNS) + revocable.residue,
    })
    if (parent !== undefined) return likeAt(world, parent)
    countStandIn(world, NAME)
    return seededLike(world, rootOf(world.seed, CODE.likeRemove, arrival))
  },
  run: (application, { userId, postId }, context) => application.unlike({ userId, postId }, context),
  journal: ({ userId, postId }) => ({ user: String(userId), post: String(postId) }),
  outcome: (_like, { removed }) => ({ removed }),
}

/** A like of the seed on a visible post; a post without likes is unliked in vain, which the application must bear. */
function seededLike(world: SocialWorld, root: number): Like {
  const post = postOfParity(world, root, revocable.residue)
  const liker = world.population.likersOf(post)[0] ?? world.people.active.draw(uniform(root, 0))
  return { userId: world.population.userId(liker), postId: world.population.postId(post) }
}
