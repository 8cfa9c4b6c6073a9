import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { PostView } from '../application.ts'
import type { Services } from './services.ts'
import type { CachedPost } from './cached-post.ts'
import type { HiddenSet } from './visibility.ts'

/**
 * A post that the reader may see, and his hidden set, in one wave as a rule.
 * @throws Refusal `not-found`, `blocked` or `private`
 */
export async function postFor(
  services: Services,
  readerId: bigint,
  postId: bigint,
  context: Context,
): Promise<{ post: CachedPost; hidden: HiddenSet }> {
  const { redis, cache, visibility } = services
  const { cost } = context
  const reader = readerId.toString()
  // A post on the reader's own shard may be his own, which he may just have deleted in another process.
  const lookup = cache.posts.begin([postId.toString()], shardOfId(readerId) === shardOfId(postId))
  const commands = [visibility.hiddenCommand(reader)]
  if (lookup.command !== undefined) commands.push(lookup.command)
  const [members = [], reply = null] = await redis.wave(commands, cost)
  const hidden = await visibility.hidden(reader, members, cost)
  const [post] = await cache.posts.complete(lookup, reply, cost)
  if (post === undefined) throw new Refusal('not-found')
  await visibility.demand(reader, hidden, post.author, post.authorIsPrivate, cost)
  return { post, hidden }
}

/**
 * One post with its counts (SOC-72).
 * @throws Refusal `not-found` (or deleted), `blocked` in either direction, `private` for who does not follow
 */
export async function readPost(
  services: Services,
  request: { readerId: bigint; postId: bigint },
  context: Context,
): Promise<PostView> {
  return (await postFor(services, request.readerId, request.postId, context)).post.view
}
