import type { Context } from '../../../core/operation.ts'
import type { FeedPage, SocialApplication } from '../application.ts'
import { getPosts } from './get-posts.ts'
import type { Services } from './services.ts'

const SELECT_FOLLOWING = {
  name: 'as_written_feed_following',
  text: 'SELECT following_id FROM follows WHERE follower_id = $1',
}

const SELECT_POSTS = {
  name: 'as_written_feed_posts',
  text: `SELECT post_id FROM posts
         WHERE user_id = ANY($1::bigint[])
         ORDER BY created_at DESC
         LIMIT $2`,
}

/**
 * The text's `get_user_feed` (l.224-256), statement by statement. A cached feed is trusted whatever its length (S-21),
 * celebrities are looked for only where there is none (S-20), the page is ignored there (S-23), and pages are offsets
 * into a list that moves (S-29).
 */
export async function getUserFeed(
  services: Services,
  request: Parameters<SocialApplication['readFeed']>[0],
  context: Context,
): Promise<FeedPage> {
  const { readerId, page, limit } = request
  const { postgres, redis, ratios } = services
  ratios.feeds[1] += 1
  const [reply] = await redis.wave([['lrange', `feed:${readerId}`, 0, 999]], context.cost)
  const cachedFeed = Array.isArray(reply) ? reply.map((id) => BigInt(String(id))) : []
  if (cachedFeed.length > 0) {
    ratios.feeds[0] += 1
    const postIds = cachedFeed.slice((page - 1) * limit, page * limit)
    return { ...(await getPosts(services, postIds, context.cost)), source: 'warm', celebrities: 0 }
  }
  const following = await postgres.query<{ following_id: bigint }>(SELECT_FOLLOWING, [readerId], context.cost)
  const authors = following.map((row) => row.following_id)
  const rows = await postgres.query<{ post_id: bigint }>(SELECT_POSTS, [authors, limit], context.cost)
  const postIds = rows.map((row) => row.post_id)
  return { ...(await getPosts(services, postIds, context.cost)), source: 'cold', celebrities: 0 }
}
