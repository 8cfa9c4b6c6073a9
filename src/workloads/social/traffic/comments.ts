import { arrivalKey } from '../../../core/operation.ts'
import type { Arrival, Operation } from '../../../core/operation.ts'
import type { SocialApplication } from '../application.ts'
import { rates } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { choose, rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import { resultOf } from './own.ts'
import { visibleComment } from './pairs.ts'
import { CODE } from './code.ts'

/** A comment, or a reply where `parentId` is given. */
interface CommentAdd {
  readonly userId: bigint
  readonly postId: bigint
  readonly parentId: bigint | undefined
  readonly content: string
  readonly key: number
}

/** A like on a comment. */
interface CommentLike {
  readonly userId: bigint
  readonly postId: bigint
  readonly commentId: bigint
}

type CommentOperation = Operation<SocialApplication, SocialWorld, CommentAdd, { commentId: bigint }>

/** Who comments on which post at an arrival of `comment.add`, for those that name it. */
export function commentAt(world: SocialWorld, id: ArrivalId): { userId: bigint; postId: bigint } {
  const root = rootOf(world.seed, CODE.commentAdd, id)
  return {
    userId: world.population.userId(world.people.active.draw(uniform(root, 0))),
    postId: world.population.postId(world.posts.visible.draw(uniform(root, 1))),
  }
}

/** A comment to answer or to like: half the time one of this run, where it is known; else a seeded one (law 7). */
function someComment(
  world: SocialWorld,
  arrival: Arrival,
  root: number,
  name: string,
): Omit<CommentLike, 'userId'> {
  if (uniform(root, 1) < 0.5) {
    const parent = earlier(world.pace, arrival, {
      operation: 'comment.add',
      lagSeconds: 1 + 4 * uniform(root, 2),
    })
    const known = parent && resultOf(world, CODE.commentAdd, parent)
    if (parent !== undefined && known !== undefined) {
      return { postId: commentAt(world, parent).postId, commentId: known }
    }
    countStandIn(world, name)
  }
  const seeded = visibleComment(world, root)
  return { postId: world.population.postId(seeded.post), commentId: seeded.commentId }
}

const run: CommentOperation['run'] = (application, { userId, postId, parentId, content }, context) =>
  application.comment({ userId, postId, parentId, content }, context)

function journal({ userId, postId, parentId }: CommentAdd): Record<string, string> {
  const keys = { user: String(userId), post: String(postId) }
  return parentId === undefined ? keys : { ...keys, parent: String(parentId) }
}

const below100 = { percentile: 99, belowMs: 100, claims: ['SOC-09'] } as const

/** A comment on a post that anybody may see (SOC-09). */
export const commentAdd: CommentOperation = {
  name: 'comment.add',
  claims: ['SOC-09', 'SOC-48'],
  kind: 'write',
  rate: rates['comment.add'],
  targets: [below100],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.commentAdd, arrival)
    return {
      ...commentAt(world, arrival),
      parentId: undefined,
      content: world.texts[choose(root, 2, world.texts.length)] ?? '',
      key: arrivalKey(CODE.commentAdd, arrival.phase, arrival.stream, arrival.index),
    }
  },
  run,
  journal,
  outcome: (_comment, { commentId }) => ({ comment: String(commentId) }),
  result: ({ key }, { commentId }) => ({ key, id: commentId }),
}

/** A reply to a comment of the same post (SOC-49, S-47). */
export const commentReply: CommentOperation = {
  name: 'comment.reply',
  claims: ['SOC-09', 'SOC-49'],
  kind: 'write',
  rate: rates['comment.reply'],
  // p95: at 1/1000 a p99 would need fifty times the replies of the mix as probes.
  targets: [{ ...below100, percentile: 95 }],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.commentReply, arrival)
    const { postId, commentId } = someComment(world, arrival, root, 'comment.reply')
    return {
      userId: world.population.userId(world.people.active.draw(uniform(root, 0))),
      postId,
      parentId: commentId,
      content: world.texts[choose(root, 3, world.texts.length)] ?? '',
      key: arrivalKey(CODE.commentReply, arrival.phase, arrival.stream, arrival.index),
    }
  },
  run,
  journal,
  outcome: (_comment, { commentId }) => ({ comment: String(commentId) }),
}

/** A like on a comment (SOC-50, S-40). */
export const commentLike: Operation<SocialApplication, SocialWorld, CommentLike, { created: boolean }> = {
  name: 'comment.like',
  claims: ['SOC-50'],
  kind: 'write',
  rate: rates['comment.like'],
  targets: [],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.commentLike, arrival)
    return {
      userId: world.population.userId(world.people.active.draw(uniform(root, 0))),
      ...someComment(world, arrival, root, 'comment.like'),
    }
  },
  run: (application, { userId, postId, commentId }, context) =>
    application.likeComment({ userId, postId, commentId }, context),
  journal: ({ userId, postId, commentId }) => ({
    user: String(userId),
    post: String(postId),
    comment: String(commentId),
  }),
  outcome: (_like, { created }) => ({ created }),
}
