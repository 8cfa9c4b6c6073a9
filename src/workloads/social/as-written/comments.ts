import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { CommentPage, CommentView, SocialApplication } from '../application.ts'
import { getUser } from './get-user.ts'
import type { Services } from './services.ts'

const INSERT_COMMENT = {
  name: 'as_written_comment',
  text: `INSERT INTO comments (comment_id, post_id, user_id, parent_comment_id, content, username, user_profile_pic)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
}

const ADD_TO_COUNT = {
  name: 'as_written_comment_count_up',
  text: 'UPDATE posts SET comment_count = comment_count + 1 WHERE post_id = $1',
}

const ADD_TO_LIKES = {
  name: 'as_written_comment_like_count_up',
  text: 'UPDATE comments SET like_count = like_count + 1 WHERE comment_id = $1 RETURNING comment_id',
}

const SELECT_COMMENTS = {
  name: 'as_written_comments',
  text: `SELECT comment_id, post_id, user_id, parent_comment_id, content, username, like_count
         FROM comments WHERE post_id = $1 ORDER BY created_at DESC, comment_id DESC LIMIT $2`,
}

interface CommentRow {
  readonly comment_id: bigint
  readonly post_id: bigint
  readonly user_id: bigint
  readonly parent_comment_id: bigint | null
  readonly content: string
  readonly username: string | null
  readonly like_count: number
}

function viewOf(row: CommentRow): CommentView {
  return {
    commentId: row.comment_id,
    postId: row.post_id,
    authorId: row.user_id,
    parentId: row.parent_comment_id ?? undefined,
    content: row.content,
    username: row.username ?? '',
    likeCount: row.like_count,
  }
}

/**
 * The text has no code for this (S-40): the obvious one inserts the row with the author's name as its table has it,
 * and adds to the post's count. Nobody asks whether post or parent exist, or belong together (S-47).
 */
export async function comment(
  services: Services,
  { userId, postId, parentId, content }: Parameters<SocialApplication['comment']>[0],
  { cost }: Context,
): Promise<{ commentId: bigint }> {
  const { postgres, ids } = services
  const author = await getUser(services, userId, cost)
  const commentId = ids.next(shardOfId(postId))
  const values = [
    commentId,
    postId,
    userId,
    parentId ?? null,
    content,
    author.username,
    author.profile_pic_url,
  ]
  await postgres.query(INSERT_COMMENT, values, cost)
  await postgres.query(ADD_TO_COUNT, [postId], cost)
  return { commentId }
}

/** The text has a count and no table for likes of comments (S-40): the obvious code adds to the count. */
export async function likeComment(
  { postgres }: Services,
  { commentId }: Parameters<SocialApplication['likeComment']>[0],
  { cost }: Context,
): Promise<{ created: boolean }> {
  const rows = await postgres.query(ADD_TO_LIKES, [commentId], cost)
  return { created: rows.length > 0 }
}

/** The text has no code for this: the obvious one reads the newest comments by index (l.167). */
export async function listComments(
  { postgres }: Services,
  { postId, limit }: Parameters<SocialApplication['listComments']>[0],
  { cost }: Context,
): Promise<CommentPage> {
  const rows = await postgres.query<CommentRow>(SELECT_COMMENTS, [postId, limit], cost)
  const comments = rows.map(viewOf)
  return { comments, next: comments.at(-1)?.commentId }
}
