import type { Arrival, Check, Operation } from '../../../core/operation.ts'
import type { PostView, SocialApplication } from '../application.ts'
import { rates, shares } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import { resultOf } from './own.ts'
import { blockAt } from './follows.ts'
import { privateAuthor } from './pairs.ts'
import { lasting, postAuthor } from './post-create.ts'
import { CODE } from './code.ts'

const NAME = 'post.read'
/** Deletions, blocks and the like are known everywhere after a second (design.md, section 5). */
const SETTLED_SECONDS = 1.5

/** A look at one post, and why it must be refused, if it must. */
export interface PostRead {
  readonly readerId: bigint
  readonly postId: bigint
  readonly hidden: 'private' | 'blocked' | 'deleted' | undefined
}

const readMatches: Check<PostRead, PostView, SocialWorld> = {
  name: 'post.read-matches',
  claims: ['SOC-73', 'SOC-74'],
  defects: ['S-33', 'S-41'],
  check({ readerId, postId, hidden }, post) {
    if (hidden !== undefined) return { message: `${readerId} sees ${postId}, which is ${hidden}` }
    return post.postId === postId ? true : { message: `asked for ${postId}, got ${post.postId}` }
  },
}

/** The post of a private account that the reader does not follow. */
function privatePost(world: SocialWorld, reader: number, root: number): PostRead | undefined {
  const author = privateAuthor(world, reader, root)
  const post = author === undefined ? undefined : world.population.postsOf(author)[0]
  if (post === undefined) return undefined
  return {
    readerId: world.population.userId(reader),
    postId: world.population.postId(post),
    hidden: 'private',
  }
}

/** A seeded post whose author blocked the reader in this run. */
function blockedPost(arrival: Arrival, world: SocialWorld): PostRead | undefined {
  const parent = earlier(world.pace, arrival, { operation: 'block.add', lagSeconds: SETTLED_SECONDS })
  if (parent === undefined) return undefined
  const begunMicros = resultOf(world, CODE.blockAdd, parent)
  const [blocker, blocked] = blockAt(world, parent)
  const post = world.population.postsOf(blocker)[0]
  if (begunMicros === undefined || post === undefined) return undefined
  const between = parent.phase === arrival.phase ? 0 : world.pace.lengthMicros(parent.phase)
  if (arrival.offsetMicros + between - Number(begunMicros) < SETTLED_SECONDS * 1e6) return undefined
  return {
    readerId: world.population.userId(blocked),
    postId: world.population.postId(post),
    hidden: 'blocked',
  }
}

/** A post of this run that its author has deleted. */
function deletedPost(arrival: Arrival, world: SocialWorld, readerId: bigint): PostRead | undefined {
  const parent = earlier(world.pace, arrival, { operation: 'post.delete', lagSeconds: SETTLED_SECONDS })
  const postId = parent && resultOf(world, CODE.postDelete, parent)
  return postId === undefined ? undefined : { readerId, postId, hidden: 'deleted' }
}

/** A post of this run by a public author. */
function freshPost(
  arrival: Arrival,
  world: SocialWorld,
  readerId: bigint,
  root: number,
): PostRead | undefined {
  const parent = earlier(world.pace, arrival, {
    operation: 'post.create',
    lagSeconds: 0.5 + 4 * uniform(root, 3),
    ...lasting,
  })
  if (parent === undefined || world.population.isPrivate(postAuthor(world, parent))) return undefined
  const postId = resultOf(world, CODE.postCreate, parent)
  return postId === undefined ? undefined : { readerId, postId, hidden: undefined }
}

function input(arrival: Arrival, world: SocialWorld): PostRead {
  const root = rootOf(world.seed, CODE.postRead, arrival)
  const reader = world.people.active.draw(uniform(root, 0))
  const readerId = world.population.userId(reader)
  const wanted = [
    [shares.hiddenPostReads.value, () => privatePost(world, reader, root)],
    [shares.blockedPostReads.value, () => blockedPost(arrival, world)],
    [shares.deletedPostReads.value, () => deletedPost(arrival, world, readerId)],
    [shares.freshPostReads.value, () => freshPost(arrival, world, readerId, root)],
  ] as const
  let choice = uniform(root, 1)
  for (const [share, make] of wanted) {
    if (choice < share) {
      const made = make()
      if (made !== undefined) return made
      countStandIn(world, NAME)
      break
    }
    choice -= share
  }
  const post = world.posts.visible.draw(uniform(root, 2))
  return { readerId, postId: world.population.postId(post), hidden: undefined }
}

/** A look at one post: seeded ones by popularity, fresh ones, and a few that must be refused (SOC-72, S-41). */
export const postRead: Operation<SocialApplication, SocialWorld, PostRead, PostView> = {
  name: NAME,
  claims: ['SOC-72', 'SOC-73'],
  kind: 'read',
  rate: rates[NAME],
  targets: [],
  refusalShare: [0.002, 0.02],
  checks: [readMatches],
  input,
  run: (application, { readerId, postId }, context) => application.readPost({ readerId, postId }, context),
}
