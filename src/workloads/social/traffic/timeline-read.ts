import type { Arrival, Check, Operation } from '../../../core/operation.ts'
import type { PostPage, SocialApplication } from '../application.ts'
import { rates, shares } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import { descending, showsOrDefers } from './order.ts'
import { PAGE, resultOf, wantsOwn } from './own.ts'
import { privateAuthor } from './pairs.ts'
import { lasting, postAuthor } from './post-create.ts'
import { CODE } from './code.ts'

/** A page of an author's posts, one that it must show, and whether it must be refused. */
interface TimelineRead {
  readonly readerId: bigint
  readonly authorId: bigint
  readonly own: bigint | undefined
  readonly isPrivate: boolean
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
    if (showsOrDefers(ids, own, PAGE)) return true
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
    application.readTimeline({ readerId, authorId, before: undefined, limit: PAGE }, context),
}
