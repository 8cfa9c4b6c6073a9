import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import type { PostPage, PostView } from '../application.ts'
import type { Services } from './services.ts'

/** Rounds of filling a page from which deleted or hidden posts have fallen; then it stays short, with a cursor. */
const MAX_ROUNDS = 5
const NEWEST_MICROS = 2n ** 62n

// With ties, so that likes of one microsecond are never parted by a cursor that names it.
const selectLiked: Statement = {
  name: 'social-list-liked',
  text: `
SELECT post_id, (extract(epoch FROM created_at) * 1000000)::bigint AS micros
FROM likes_by_user
WHERE shard = $1 AND user_id = $2
  AND created_at < CASE WHEN $3 < 4611686018427387904 THEN to_timestamp(0) + $3 * interval '1 microsecond'
    ELSE 'infinity' END
ORDER BY created_at DESC FETCH FIRST $4 ROWS WITH TIES`,
}

/**
 * The posts that a user likes, the latest like first, without deleted or hidden ones (SOC-46, S-11): one statement and
 * one wave a round. The cursor is the time of the last like that was looked at, in microseconds.
 */
export async function listLikedPosts(
  services: Services,
  request: { userId: bigint; before: bigint | undefined; limit: number },
  context: Context,
): Promise<PostPage> {
  const { userId, limit } = request
  const { postgres, redis, cache, visibility } = services
  const { cost } = context
  const reader = userId.toString()
  const posts: PostView[] = []
  let next = request.before
  for (let round = 0; round < MAX_ROUNDS && posts.length < limit; round += 1) {
    const wanted = limit - posts.length
    const liked = await postgres.query<{ post_id: bigint; micros: bigint }>(
      selectLiked,
      [shardOfId(userId), userId, next ?? NEWEST_MICROS, wanted],
      cost,
    )
    next = liked.length < wanted ? undefined : liked.at(-1)?.micros
    if (liked.length > 0) {
      const lookup = cache.posts.begin(liked.map((row) => row.post_id.toString()))
      const commands = [visibility.hiddenCommand(reader)]
      if (lookup.command !== undefined) commands.push(lookup.command)
      const [members = [], reply = null] = await redis.wave(commands, cost)
      const hidden = await visibility.hidden(reader, members, cost)
      const found = await cache.posts.complete(lookup, reply, cost)
      const visible = await visibility.visiblePosts(reader, hidden, found, cost)
      posts.push(...visible.map((post) => post.view))
    }
    if (next === undefined) break
  }
  return { posts, next }
}
