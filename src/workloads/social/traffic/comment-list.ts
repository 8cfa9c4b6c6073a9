import type { Arrival, Check, Operation } from '../../../core/operation.ts'
import type { CommentPage, SocialApplication } from '../application.ts'
import { rates } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { commentAt } from './comments.ts'
import { rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import { showsOrDefers } from './order.ts'
import { PAGE, resultOf, wantsOwn } from './own.ts'
import { CODE } from './code.ts'

/** A page of comments, and the comment of the reader's own that it must show. */
interface CommentList {
  readonly readerId: bigint
  readonly postId: bigint
  readonly own: bigint | undefined
}

const commentsReadYourWrite: Check<CommentList, CommentPage, SocialWorld> = {
  name: 'comment.read-your-write',
  claims: ['SOC-11', 'SOC-48'],
  defects: ['S-15'],
  check({ readerId, postId, own }, page) {
    if (own === undefined) return undefined
    const ids = page.comments.map((comment) => comment.commentId)
    if (showsOrDefers(ids, own, PAGE)) return true
    return { message: `${readerId} does not see the own comment ${own} on ${postId}` }
  },
}

const commentsNewestFirst: Check<CommentList, CommentPage, SocialWorld> = {
  name: 'comment.newest-first',
  claims: ['SOC-11'],
  defects: [],
  check({ postId }, { comments }) {
    for (let at = 1; at < comments.length; at += 1) {
      const newer = comments[at - 1]?.commentId ?? 0n
      const older = comments[at]?.commentId ?? 0n
      if (older >= newer) return { message: `comment ${older} of ${postId} stands behind ${newer}` }
    }
    return comments.length < 2 ? undefined : true
  },
}

function ownComment(arrival: Arrival, world: SocialWorld, root: number): CommentList | undefined {
  const parent = earlier(world.pace, arrival, {
    operation: 'comment.add',
    lagSeconds: 0.5 + 2 * uniform(root, 3),
  })
  const own = parent && resultOf(world, CODE.commentAdd, parent)
  if (parent === undefined || own === undefined) {
    countStandIn(world, 'comment.list')
    return undefined
  }
  const { userId, postId } = commentAt(world, parent)
  return { readerId: userId, postId, own }
}

/** The newest comments of a post that anybody may see; commenters look for their own (SOC-52). */
export const commentList: Operation<SocialApplication, SocialWorld, CommentList, CommentPage> = {
  name: 'comment.list',
  claims: ['SOC-11', 'SOC-52'],
  kind: 'read',
  rate: rates['comment.list'],
  targets: [],
  checks: [commentsNewestFirst, commentsReadYourWrite],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.commentList, arrival)
    const own = wantsOwn(root) ? ownComment(arrival, world, root) : undefined
    return (
      own ?? {
        readerId: world.population.userId(world.people.active.draw(uniform(root, 1))),
        postId: world.population.postId(world.posts.visible.draw(uniform(root, 2))),
        own: undefined,
      }
    )
  },
  run: (application, { readerId, postId }, context) =>
    application.listComments({ readerId, postId, before: undefined, limit: PAGE }, context),
}
