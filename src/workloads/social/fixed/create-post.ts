import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { invalidatePost } from './effects.ts'
import type { Services } from './services.ts'

// The author's row is held while its name is copied: a rename either comes first and is copied, or comes after and
// tells the relay, which then finds the post (S-17, S-18).
const insertPost: Statement = {
  name: 'social-create-post',
  text: `
WITH author AS (
  SELECT user_id, username, profile_pic_url FROM users WHERE shard = $1 AND user_id = $3 FOR SHARE
), written AS (
  INSERT INTO posts (post_id, user_id, caption, media_urls, created_at, username, user_profile_pic, shard)
  SELECT $2, user_id, $4, $5::jsonb, time_of($2), username, profile_pic_url, $1 FROM author
  RETURNING post_id, user_id
), told AS (
  INSERT INTO outbox (actor_id, subject_id, kind) SELECT user_id, post_id, 'post.created' FROM written
)
SELECT post_id FROM written`,
}

/**
 * Creates a post: row and event in one durable statement, delivery by the relay (SOC-60, SOC-61, SOC-65, S-27). Nothing
 * after the commit can fail it.
 * @throws Refusal `not-found` when there is no such author
 */
export async function createPost(
  services: Services,
  request: { authorId: bigint; caption: string; mediaUrls: readonly string[] },
  context: Context,
): Promise<{ postId: bigint }> {
  const { authorId, caption, mediaUrls } = request
  const shard = shardOfId(authorId)
  const postId = services.ids.next(shard)
  const rows = await services.postgres.query(
    insertPost,
    [shard, postId, authorId, caption, JSON.stringify(mediaUrls)],
    context.cost,
  )
  if (rows.length === 0) throw new Refusal('not-found')
  // Somebody may have asked for the id before it was there (S-34).
  await invalidatePost(services, postId, context.cost)
  return { postId }
}
