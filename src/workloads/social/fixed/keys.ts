import { leaseKey } from '../../../patterns/cache/keys.ts'

/**
 * The Redis keys of the fixed variant. All of it is derived data: rebuilt from PostgreSQL when it is gone.
 *
 * - `feed:{reader}`: list of post ids, newest first, at most 1,000. A feed that exists is complete down to its last
 *   element; the last element `0` says that nothing older exists at all (S-21).
 * - `lease:{key}`: list whose head is the token of the one process that is filling `key`; ids pushed while the feed is
 *   being rebuilt queue up behind it, and whoever changes the truth deletes it, so that a stale fill is not stored (S-36).
 * - `author:{author}`: like a feed, of one pull author's own posts (S-20).
 * - `pulls:{reader}`: set of the pull authors whom a reader follows, plus the member `0` that marks it as loaded.
 * - `hidden:{reader}`: set of `b<id>` (blocked, either way) and `u<id>` (unfollowed lately: a push may be in flight),
 *   plus the member `0` that marks it as loaded (S-41).
 * - `follows:{reader}:{author}`: `1` or `0`, asked only for private authors.
 * - `post:{post}`, `user:{user}`: versioned encodings, or a short-lived negative entry (S-33, S-34).
 */
export const keys = {
  feed: (reader: bigint | string): string => `feed:${reader}`,
  author: (author: bigint | string): string => `author:${author}`,
  pulls: (reader: bigint | string): string => `pulls:${reader}`,
  hidden: (reader: bigint | string): string => `hidden:${reader}`,
  follows: (reader: bigint | string, author: bigint | string): string => `follows:${reader}:${author}`,
  post: (post: bigint | string): string => `post:${post}`,
  user: (user: bigint | string): string => `user:${user}`,
  lease: (key: string): string => leaseKey(key),
} as const

/** Kinds of outbox events: who writes them is the operation, who reads them the relay. */
export const EVENT = {
  /** subject: post, actor: author. */
  postCreated: 'post.created',
  postDeleted: 'post.deleted',
  /** subject: post, actor: liker. */
  likeAdded: 'like.added',
  likeRemoved: 'like.removed',
  /** subject: comment, actor: author, object: post. */
  commentCreated: 'comment.created',
  /** subject: comment, actor: liker, object: post. */
  commentLiked: 'comment.liked',
  /** actor: follower, subject: the followed. */
  followed: 'user.followed',
  unfollowed: 'user.unfollowed',
  /** actor: the one who blocks, subject: the blocked. */
  blocked: 'user.blocked',
  /** actor and subject: the user. */
  userChanged: 'user.changed',
} as const

/** Counter kinds of the table `counters`. */
export const COUNTER = {
  postLikes: 1,
  postComments: 2,
  commentLikes: 3,
  followers: 4,
  following: 5,
  posts: 6,
} as const
