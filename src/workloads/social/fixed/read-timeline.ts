import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import type { PostPage } from '../application.ts'
import { profileFor } from './read-profile.ts'
import type { Services } from './services.ts'

const NEWEST = 2n ** 63n - 1n

const selectTimeline: Statement = {
  name: 'social-read-timeline',
  text: `
SELECT post_id FROM posts
WHERE shard = $1 AND user_id = $2 AND post_id < $3 AND deleted_at IS NULL
ORDER BY post_id DESC LIMIT $4`,
}

/**
 * A page of an author's own posts, newest first (SOC-43): a wave for author and hidden set, one statement for ids, a
 * wave for posts. The cursor is the last post of the page before (S-29).
 * @throws Refusal `not-found`, `blocked` in either direction, `private` for who does not follow
 */
export async function readTimeline(
  services: Services,
  request: { readerId: bigint; authorId: bigint; before: bigint | undefined; limit: number },
  context: Context,
): Promise<PostPage> {
  const { readerId, authorId, before, limit } = request
  const { postgres, cache, visibility } = services
  const { cost } = context
  const { profile, hidden } = await profileFor(services, readerId, authorId, context)
  await visibility.demand(readerId.toString(), hidden, authorId.toString(), profile.isPrivate, cost)
  const rows = await postgres.query<{ post_id: bigint }>(
    selectTimeline,
    [shardOfId(authorId), authorId, before ?? NEWEST, limit],
    cost,
  )
  const found = await cache.posts.getMany(
    rows.map((row) => row.post_id.toString()),
    cost,
  )
  return {
    // A post that was deleted between the statement and the wave is left out; the cursor stands all the same.
    posts: found.flatMap((post) => (post === undefined ? [] : [post.view])),
    next: rows.length < limit ? undefined : rows.at(-1)?.post_id,
  }
}
