import type { Context } from '../../../core/operation.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import type { CommentPage } from '../application.ts'
import { postFor } from './read-post.ts'
import type { Services } from './services.ts'
import type { HiddenSet } from './visibility.ts'

const NEWEST = 2n ** 63n - 1n

interface CommentRow {
  readonly comment_id: bigint
  readonly user_id: bigint
  readonly parent_comment_id: bigint | null
  readonly content: string
  readonly username: string
  readonly likes: bigint
}

const selectComments: Statement = {
  name: 'social-list-comments',
  text: `
SELECT c.comment_id, c.user_id, c.parent_comment_id, c.content, c.username,
  coalesce((SELECT sum(count) FROM counters n WHERE n.shard = c.shard AND n.entity_id = c.comment_id AND n.kind = 3),
    0)::bigint AS likes
FROM comments c
WHERE c.shard = $1 AND c.post_id = $2 AND c.comment_id < $3 AND c.deleted_at IS NULL
  AND c.user_id <> ALL ($5::bigint[])
ORDER BY c.comment_id DESC LIMIT $4`,
}

/** The users who are blocked either way. */
function blockedUsers(hidden: HiddenSet): bigint[] {
  return [...hidden].filter((member) => member.startsWith('b')).map((member) => BigInt(member.slice(1)))
}

/**
 * A page of a post's comments and replies, newest first, without those of blocked users (SOC-11, SOC-52, X-14): one wave
 * and one statement. The cursor is the last comment of the page before (S-29).
 * @throws Refusal as `readPost`
 */
export async function listComments(
  services: Services,
  request: { readerId: bigint; postId: bigint; before: bigint | undefined; limit: number },
  context: Context,
): Promise<CommentPage> {
  const { readerId, postId, before, limit } = request
  const { hidden } = await postFor(services, readerId, postId, context)
  const rows = await services.postgres.query<CommentRow>(
    selectComments,
    [shardOfId(postId), postId, before ?? NEWEST, limit, blockedUsers(hidden)],
    context.cost,
  )
  const comments = rows.map((row) => ({
    commentId: row.comment_id,
    postId,
    authorId: row.user_id,
    parentId: row.parent_comment_id ?? undefined,
    content: row.content,
    username: row.username,
    likeCount: Number(row.likes),
  }))
  return { comments, next: comments.length < limit ? undefined : comments.at(-1)?.commentId }
}
