import { arrivalKey } from '../../../core/operation.ts'
import type { Check, Operation } from '../../../core/operation.ts'
import type { SocialApplication } from '../application.ts'
import { FEED_FANOUT } from '../flows.ts'
import { rates, shares } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { choose, rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import { CODE } from './code.ts'

const NAME = 'post.create'

/** A new post. */
interface PostCreate {
  readonly authorId: bigint
  readonly caption: string
  readonly mediaUrls: readonly string[]
  readonly key: number
}

/** Who posts at an arrival: a celebrity now and then, otherwise an active user. */
export function postAuthor(world: SocialWorld, id: ArrivalId): number {
  const root = rootOf(world.seed, CODE.postCreate, id)
  const { celebrities, authors } = world.people
  return (uniform(root, 0) < shares.celebrityPosts.value ? celebrities : authors).draw(uniform(root, 1))
}

/**
 * Which posts of a run are deleted again: every other one may be (S-41), so that readers of their own post can name one
 * that stays.
 */
export const deletable = { modulus: 2, residue: 0 } as const
/** Posts that stay. */
export const lasting = { modulus: 2, residue: 1 } as const

type CreatedPost = { readonly postId: bigint; readonly fannedOut?: boolean }

/** The row is the truth and answers the author; its followers get it by a process of their own. */
const answeredFirst: Check<PostCreate, CreatedPost, SocialWorld> = {
  name: 'post.answered-before-fan-out',
  claims: ['SOC-61'],
  defects: ['S-27'],
  check: (_post, { postId, fannedOut }) =>
    fannedOut === true
      ? { message: `post ${postId} was answered only when all of its author's followers had been served` }
      : true,
}

/**
 * A post by a seeded user (SOC-60). The text gives it no bound; its own one shows the fan-out inside the request (S-27).
 */
export const postCreate: Operation<SocialApplication, SocialWorld, PostCreate, CreatedPost> = {
  name: NAME,
  claims: ['SOC-60', 'SOC-61', 'SOC-65'],
  kind: 'write',
  rate: rates[NAME],
  // An own target; p95, because probes for a p99 would offer six times the documented posts.
  targets: [{ percentile: 95, belowMs: 100 }],
  checks: [answeredFirst],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.postCreate, arrival)
    const author = postAuthor(world, arrival)
    const posts = world.population.posts
    return {
      authorId: world.population.userId(author),
      caption: world.texts[choose(root, 2, world.texts.length)] ?? '',
      mediaUrls: world.population.mediaUrls(choose(root, 3, posts)),
      key: arrivalKey(CODE.postCreate, arrival.phase, arrival.stream, arrival.index),
    }
  },
  run: (application, { authorId, caption, mediaUrls }, context) =>
    application.createPost({ authorId, caption, mediaUrls }, context),
  journal: (post) => ({ author: String(post.authorId) }),
  outcome: (_post, made) => ({ post: String(made.postId) }),
  result: (post, made) => ({ key: post.key, id: made.postId }),
  flows: (_post, made) =>
    made.fannedOut === true ? undefined : { flows: [FEED_FANOUT], key: String(made.postId) },
}
