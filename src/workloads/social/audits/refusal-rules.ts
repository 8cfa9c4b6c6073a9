import type { JournalEntry } from '../../../core/journal.ts'
import type { OperationName } from '../../../core/names.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { askedId } from '../../../patterns/audits/writes.ts'

/** When an operation may be refused: what the tables must hold for that. */
export interface RefusalRule {
  readonly operations: readonly OperationName[]
  /** What the statement is asked with, one array for each. */
  asked(entry: JournalEntry): readonly (bigint | string)[]
  /**
   * For each place, in order: whether the tables hold a reason (`right`), the author where he is private and another
   * (`private`, else null), and whether the user follows him now. Blocks and deletions stay, so it is enough to look
   * at the end of a run.
   */
  readonly reasons: Statement
}

const FOLDED = (name: string): string => `normalize(lower(normalize(${name}, NFKC)), NFKC)`

const HIDDEN = `p.post_id IS NULL
    OR EXISTS (SELECT FROM blocks b
      WHERE b.shard = shard_of(asked.user_id) AND b.user_id = asked.user_id AND b.blocked_id = p.user_id)
    OR EXISTS (SELECT FROM blocks b
      WHERE b.shard = shard_of(p.user_id) AND b.user_id = p.user_id AND b.blocked_id = asked.user_id)`

const FROM_POSTS = `LEFT JOIN posts p
      ON p.shard = shard_of(asked.post_id) AND p.post_id = asked.post_id AND p.deleted_at IS NULL
    LEFT JOIN users u ON u.shard = shard_of(p.user_id) AND u.user_id = p.user_id`

const PRIVATE = `CASE WHEN u.is_private AND p.user_id <> asked.user_id THEN p.user_id END AS private,
      EXISTS (SELECT FROM follows f WHERE f.shard = shard_of(asked.user_id)
        AND f.follower_id = asked.user_id AND f.following_id = p.user_id) AS follows`

// These do not ask whom somebody follows.
const OPEN = 'NULL::bigint AS private, false AS follows'

/** Likes and comments: the post is there, nobody blocks, a private author is followed. */
const onPost: RefusalRule = {
  operations: ['like.add', 'comment.add'],
  asked: (entry) => [askedId(entry, 'user'), askedId(entry, 'post')],
  reasons: {
    name: 'audit refused on post',
    text: `SELECT (${HIDDEN}) AS right, ${PRIVATE}
      FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS asked (user_id, post_id, place) ${FROM_POSTS}
      ORDER BY place`,
  },
}

/** Replies and likes of comments: the comment is there besides, under that post, and a reply is not replied to. */
const onComment: RefusalRule = {
  operations: ['comment.reply', 'comment.like'],
  asked: (entry) => [
    askedId(entry, 'user'),
    askedId(entry, 'post'),
    askedId(entry, entry.operation === 'comment.like' ? 'comment' : 'parent'),
    entry.operation === 'comment.like' ? '1' : '0',
  ],
  reasons: {
    name: 'audit refused on comment',
    text: `SELECT (${HIDDEN} OR NOT EXISTS (SELECT FROM comments c WHERE c.shard = shard_of(asked.post_id)
          AND c.post_id = asked.post_id AND c.comment_id = asked.comment_id AND c.depth <= asked.depth)) AS right, ${PRIVATE}
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[])
        WITH ORDINALITY AS asked (user_id, post_id, comment_id, depth, place) ${FROM_POSTS}
      ORDER BY place`,
  },
}

/** Deletions: the post is there and the author's own. */
const deletion: RefusalRule = {
  operations: ['post.delete'],
  asked: (entry) => [askedId(entry, 'author'), askedId(entry, 'post')],
  reasons: {
    name: 'audit refused deletion',
    text: `SELECT p.post_id IS NULL OR p.user_id <> asked.author_id OR p.deleted_at IS NOT NULL AS right, ${OPEN}
      FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS asked (author_id, post_id, place)
      LEFT JOIN posts p ON p.shard = shard_of(asked.post_id) AND p.post_id = asked.post_id
      ORDER BY place`,
  },
}

/** Registrations: somebody has the name or the address. */
const registration: RefusalRule = {
  operations: ['user.register'],
  asked: (entry) => [String(entry.keys['username']), String(entry.keys['email'])],
  reasons: {
    name: 'audit refused registration',
    text: `SELECT EXISTS (SELECT FROM username_claims WHERE folded_name = ${FOLDED('asked.username')})
        OR EXISTS (SELECT FROM email_claims WHERE folded_email = ${FOLDED('asked.email')}) AS right, ${OPEN}
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (username, email, place) ORDER BY place`,
  },
}

/** Renames: somebody else has the name, or there is no such user. */
const rename: RefusalRule = {
  operations: ['profile.update'],
  asked: (entry) => [askedId(entry, 'user'), String(entry.keys['username'] ?? '')],
  reasons: {
    name: 'audit refused rename',
    text: `SELECT NOT EXISTS (SELECT FROM users u WHERE u.shard = shard_of(asked.user_id) AND u.user_id = asked.user_id)
        OR EXISTS (SELECT FROM username_claims c
          WHERE c.folded_name = ${FOLDED('asked.username')} AND c.user_id <> asked.user_id) AS right, ${OPEN}
      FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS asked (user_id, username, place) ORDER BY place`,
  },
}

/** Refused follows and accepts are not here: their right answers are what the history checker searches for. */
export const REFUSAL_RULES: readonly RefusalRule[] = [onPost, onComment, deletion, registration, rename]
