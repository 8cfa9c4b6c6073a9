import { arrivalKey } from '../../../core/operation.ts'
import type { Operation } from '../../../core/operation.ts'
import { firstIdAt } from '../../../core/snowflake.ts'
import type { SocialApplication } from '../application.ts'
import { rates } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import { resultOf } from './own.ts'
import { deletable, postAuthor } from './post-create.ts'
import { CODE } from './code.ts'

const NAME = 'post.delete'
/** Consecutive deletions take turns over as many posts, so that no two name the same one. */
const TURNS = 10

/** A deletion of a post of the run. */
interface PostDelete {
  readonly authorId: bigint
  readonly postId: bigint
  readonly key: number
}

/**
 * An author deletes an own post of this run; seeded posts stay, so that runs remain comparable. Where the post is not
 * known the stand-in is an id that was never given out, which must be refused.
 */
export const postDelete: Operation<SocialApplication, SocialWorld, PostDelete, { removed: boolean }> = {
  name: NAME,
  claims: ['SOC-74'],
  kind: 'write',
  rate: rates[NAME],
  targets: [],
  refusalShare: [0, 0.3],
  input(arrival, world) {
    const parent = earlier(world.pace, arrival, {
      operation: 'post.create',
      lagSeconds: 3,
      modulus: deletable.modulus * TURNS,
      residue: deletable.modulus * (arrival.index % TURNS) + deletable.residue,
    })
    const author = postAuthor(world, parent ?? arrival)
    const found = parent && resultOf(world, CODE.postCreate, parent)
    if (found === undefined) countStandIn(world, NAME)
    return {
      authorId: world.population.userId(author),
      postId: found ?? firstIdAt(world.population.endMs),
      key: arrivalKey(CODE.postDelete, arrival.phase, arrival.stream, arrival.index),
    }
  },
  run: (application, { authorId, postId }, context) => application.deletePost({ authorId, postId }, context),
  journal: (post) => ({ author: String(post.authorId), post: String(post.postId) }),
  outcome: (_post, { removed }) => ({ removed }),
  result: (post, { removed }) => (removed ? { key: post.key, id: post.postId } : undefined),
}
