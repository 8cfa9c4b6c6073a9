import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { SocialApplication } from '../application.ts'
import { getUser } from './get-user.ts'
import type { Services } from './services.ts'

/** "Fanout on Write (for users with <1000 followers)", l.191. */
const CELEBRITY_FOLLOWERS = 1000

const INSERT_POST = {
  name: 'as_written_create_post',
  text: `INSERT INTO posts (post_id, user_id, caption, media_urls, created_at, username, user_profile_pic)
         VALUES ($1, $2, $3, $4, now(), $5, $6)`,
}

const SELECT_FOLLOWERS = {
  name: 'as_written_followers',
  text: 'SELECT follower_id FROM follows WHERE following_id = $1',
}

/**
 * The text's `create_post` (l.194-218), statement by statement: the fan-out runs inside the request, two commands a
 * follower (S-26, S-27), into feeds that may not be there (S-21). With `threshold=titles` authors with 1,000 followers
 * and more are left out, as the section titles say; the code itself never asks (S-19).
 */
export async function createPost(
  services: Services,
  request: Parameters<SocialApplication['createPost']>[0],
  context: Context,
): Promise<{ postId: bigint; fannedOut: boolean }> {
  const { authorId, caption, mediaUrls } = request
  const { postgres, redis, ids, threshold } = services
  const { cost } = context
  const author = await getUser(services, authorId, cost)
  const postId = ids.next(shardOfId(authorId))
  const media = JSON.stringify(mediaUrls)
  const values = [postId, authorId, caption, media, author.username, author.profile_pic_url]
  await postgres.query(INSERT_POST, values, cost)
  const followers = await postgres.query<{ follower_id: bigint }>(SELECT_FOLLOWERS, [authorId], cost)
  if (threshold === 'code' || followers.length < CELEBRITY_FOLLOWERS) {
    for (const { follower_id: follower } of followers) {
      await redis.wave([['lpush', `feed:${follower}`, String(postId)]], cost)
      await redis.wave([['ltrim', `feed:${follower}`, 0, 999]], cost)
    }
  }
  return { postId, fannedOut: true }
}
