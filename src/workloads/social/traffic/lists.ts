import { arrivalKey } from '../../../core/operation.ts'
import type { Arrival, Check, Operation } from '../../../core/operation.ts'
import type { CommentPage, PostPage, SocialApplication } from '../application.ts'
import { rates, shares } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { commentAt } from './comments.ts'
import { CODE, rootOf, uniform } from './draw.ts'
import type { ArrivalId } from './draw.ts'
import { earlier } from './earlier.ts'
import { keptLike, likeAt } from './like-add.ts'
import { descending, distinct, showsOrDefers } from './order.ts'
import { privateAuthor } from './pairs.ts'
import { lasting, postAuthor } from './post-create.ts'

const LIMIT = 20

/** A page of comments, and the comment of the reader's own that it must show. */
interface CommentList {
  readonly readerId: bigint
  readonly postId: bigint
  readonly own: bigint | undefined
}

/** A page of the posts that a user likes, and one that it must show. */
interface LikedList {
  readonly userId: bigint
  readonly own: bigint | undefined
}

/** A page of an author's posts, one that it must show, and whether it must be refused. */
interface TimelineRead {
  readonly readerId: bigint
  readonly authorId: bigint
  readonly own: bigint | undefined
  readonly isPrivate: boolean
}

/** Some readers of a list look for what they have just written. */
function wantsOwn(root: number): boolean {
  return uniform(root, 0) < shares.ownWriteReads.value
}

function resultOf(world: SocialWorld, code: number, id: ArrivalId): bigint | undefined {
  return world.results.get(arrivalKey(code, id.phase, id.stream, id.index))
}

const commentsReadYourWrite: Check<CommentList, CommentPage, SocialWorld> = {
  name: 'comment.read-your-write',
  claims: ['SOC-11', 'SOC-48'],
  defects: ['S-15'],
  check({ readerId, postId, own }, page) {
    if (own === undefined) return undefined
    const ids = page.comments.map((comment) => comment.commentId)
    if (showsOrDefers(ids, own, LIMIT)) return true
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
    application.listComments({ readerId, postId, before: undefined, limit: LIMIT }, context),
}

const likedReadYourLike: Check<LikedList, PostPage, SocialWorld> = {
  name: 'liked.read-your-like',
  claims: ['SOC-46'],
  defects: ['S-11'],
  check({ userId, own }, { posts }) {
    if (own === undefined) return undefined
    // Newest like first, whatever the age of the post: a full page may have moved on.
    if (posts.length >= LIMIT || posts.some((post) => post.postId === own)) return true
    return { message: `${userId} likes ${own}, and the ${posts.length} posts of the list lack it` }
  },
}

const likedNoDuplicates: Check<LikedList, PostPage, SocialWorld> = {
  name: 'liked.no-duplicates',
  claims: ['SOC-46'],
  defects: [],
  check: (_list, page) => distinct(page.posts),
}

/** The posts that a user likes, the newest like first; some look for one of a few seconds ago (SOC-46). */
export const likedList: Operation<SocialApplication, SocialWorld, LikedList, PostPage> = {
  name: 'liked.list',
  claims: ['SOC-46'],
  kind: 'read',
  rate: rates['liked.list'],
  targets: [],
  checks: [likedNoDuplicates, likedReadYourLike],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.likedList, arrival)
    if (wantsOwn(root)) {
      const lagSeconds = 3 + 3 * uniform(root, 3)
      const parent = earlier(world.pace, arrival, { operation: 'like.add', lagSeconds, ...keptLike })
      const own = parent && resultOf(world, CODE.likeAdd, parent)
      if (parent !== undefined && own !== undefined) return { userId: likeAt(world, parent).userId, own }
      countStandIn(world, 'liked.list')
    }
    return { userId: world.population.userId(world.people.active.draw(uniform(root, 1))), own: undefined }
  },
  run: (application, { userId }, context) =>
    application.listLikedPosts({ userId, before: undefined, limit: LIMIT }, context),
}

const timelineNewestFirst: Check<TimelineRead, PostPage, SocialWorld> = {
  name: 'timeline.newest-first',
  claims: ['SOC-11', 'SOC-43'],
  defects: [],
  check: (_read, page) => descending(page.posts),
}

const timelineOneAuthor: Check<TimelineRead, PostPage, SocialWorld> = {
  name: 'timeline.one-author',
  claims: ['SOC-33', 'SOC-43'],
  defects: ['S-41'],
  check({ readerId, authorId, isPrivate }, { posts }) {
    if (isPrivate) return { message: `${readerId} sees the timeline of ${authorId}, which is private` }
    const foreign = posts.find((post) => post.authorId !== authorId)
    if (foreign === undefined) return posts.length === 0 ? undefined : true
    return { message: `the timeline of ${authorId} shows ${foreign.postId} by ${foreign.authorId}` }
  },
}

const timelineReadYourPost: Check<TimelineRead, PostPage, SocialWorld> = {
  name: 'timeline.read-your-post',
  claims: ['SOC-61', 'SOC-43'],
  defects: ['S-33'],
  check({ authorId, own }, { posts }) {
    if (own === undefined) return undefined
    const ids = posts.map((post) => post.postId)
    if (showsOrDefers(ids, own, LIMIT)) return true
    return { message: `${authorId} does not see the own post ${own}` }
  },
}

function ownTimeline(arrival: Arrival, world: SocialWorld, root: number): TimelineRead | undefined {
  const lagSeconds = 0.5 + 3 * uniform(root, 3)
  const parent = earlier(world.pace, arrival, { operation: 'post.create', lagSeconds, ...lasting })
  const own = parent && resultOf(world, CODE.postCreate, parent)
  if (parent === undefined || own === undefined) {
    countStandIn(world, 'timeline.read')
    return undefined
  }
  const authorId = world.population.userId(postAuthor(world, parent))
  return { readerId: authorId, authorId, own, isPrivate: false }
}

/** The timeline of somebody public; at times of a private account, which must be refused. */
function otherTimeline(world: SocialWorld, root: number): TimelineRead {
  const { people, population } = world
  const reader = people.active.draw(uniform(root, 1))
  const stranger =
    uniform(root, 4) < shares.privateTimelineReads.value ? privateAuthor(world, reader, root) : undefined
  return {
    readerId: population.userId(reader),
    authorId: population.userId(stranger ?? people.open.draw(uniform(root, 2))),
    own: undefined,
    isPrivate: stranger !== undefined,
  }
}

/** The newest posts of one author (SOC-43). */
export const timelineRead: Operation<SocialApplication, SocialWorld, TimelineRead, PostPage> = {
  name: 'timeline.read',
  claims: ['SOC-33', 'SOC-43'],
  kind: 'read',
  rate: rates['timeline.read'],
  targets: [],
  refusalShare: [0.002, 0.02],
  checks: [timelineNewestFirst, timelineOneAuthor, timelineReadYourPost],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.timelineRead, arrival)
    return (wantsOwn(root) ? ownTimeline(arrival, world, root) : undefined) ?? otherTimeline(world, root)
  },
  run: (application, { readerId, authorId }, context) =>
    application.readTimeline({ readerId, authorId, before: undefined, limit: LIMIT }, context),
}
