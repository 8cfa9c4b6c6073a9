import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { PostPage, PostView, SocialApplication } from '../application.ts'
import { getPost, getPosts } from './get-posts.ts'
import type { Services } from './services.ts'

const DELETE_POST = {
  name: 'as_written_delete_post',
  text: 'DELETE FROM posts WHERE post_id = $1 AND user_id = $2 RETURNING post_id',
}

const SELECT_TIMELINE = {
  name: 'as_written_timeline',
  text: 'SELECT post_id FROM posts WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2',
}

const SELECT_LIKED = {
  name: 'as_written_liked',
  text: 'SELECT post_id FROM likes WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2',
}

/** The text has no code for this (S-40): the obvious one deletes the row, and leaves caches and feeds as they are. */
export async function deletePost(
  { postgres }: Services,
  { authorId, postId }: Parameters<SocialApplication['deletePost']>[0],
  { cost }: Context,
): Promise<{ removed: boolean }> {
  const rows = await postgres.query(DELETE_POST, [postId, authorId], cost)
  return { removed: rows.length > 0 }
}

/**
 * The text has no code for this: the obvious one fetches the post as its feed does, and asks nobody (S-41).
 * @throws Refusal `not-found`
 */
export async function readPost(
  services: Services,
  { postId }: Parameters<SocialApplication['readPost']>[0],
  { cost }: Context,
): Promise<PostView> {
  const post = await getPost(services, postId, cost)
  if (post === undefined) throw new Refusal('not-found')
  return post
}

/** The text has no code for this: the obvious one reads by index (l.135) and fetches post by post, as the feed does. */
export async function readTimeline(
  services: Services,
  { authorId, limit }: Parameters<SocialApplication['readTimeline']>[0],
  { cost }: Context,
): Promise<PostPage> {
  const rows = await services.postgres.query<{ post_id: bigint }>(SELECT_TIMELINE, [authorId, limit], cost)
  return getPosts(
    services,
    rows.map((row) => row.post_id),
    cost,
  )
}

/** The text has no code for this: the obvious one reads by index (l.150) and fetches post by post, as the feed does. */
export async function listLikedPosts(
  services: Services,
  { userId, limit }: Parameters<SocialApplication['listLikedPosts']>[0],
  { cost }: Context,
): Promise<PostPage> {
  const rows = await services.postgres.query<{ post_id: bigint }>(SELECT_LIKED, [userId, limit], cost)
  return getPosts(
    services,
    rows.map((row) => row.post_id),
    cost,
  )
}
