import type { Context } from '../../core/operation.ts'

/** A post as a reader sees it. */
export interface PostView {
  readonly postId: bigint
  readonly authorId: bigint
  readonly username: string
  readonly pictureUrl: string
  readonly caption: string
  readonly mediaUrls: readonly string[]
  readonly likeCount: number
  readonly commentCount: number
}

/** A profile as a reader sees it. */
export interface ProfileView {
  readonly userId: bigint
  readonly username: string
  readonly fullName: string
  readonly bio: string
  readonly pictureUrl: string
  readonly isPrivate: boolean
  readonly followerCount: number
  readonly followingCount: number
  readonly postCount: number
  /** Grows with each update of the row. */
  readonly version: number
}

export interface CommentView {
  readonly commentId: bigint
  readonly postId: bigint
  readonly authorId: bigint
  readonly parentId: bigint | undefined
  readonly content: string
  readonly username: string
  readonly likeCount: number
}

/** A page of posts, newest first. `next` is the cursor of the page after it, undefined at the end. */
export interface PostPage {
  readonly posts: readonly PostView[]
  readonly next: bigint | undefined
}

/** A page of a feed, and how it was made: the parts of `feed.read`. */
export interface FeedPage extends PostPage {
  /** `warm`: from the precomputed feed; `cold`: it had to be rebuilt; `deep`: beyond its end, from the database. */
  readonly source: 'warm' | 'cold' | 'deep'
  /** How many pull authors were merged at read. */
  readonly celebrities: number
}

export interface CommentPage {
  readonly comments: readonly CommentView[]
  readonly next: bigint | undefined
}

/**
 * What the social application does, whoever drives it and in whichever variant. Every method may throw a `Refusal`
 * (`not-found`, `private`, `blocked`, `taken`, `not-yours`) or an `OperationFailure`; lists are newest first.
 */
export interface SocialApplication {
  register(
    request: { username: string; email: string; fullName: string },
    context: Context,
  ): Promise<{ userId: bigint }>
  readProfile(request: { readerId: bigint; userId: bigint }, context: Context): Promise<ProfileView>
  /** Answers the new version of the row. Null leaves a field as it is. */
  updateProfile(
    request: { userId: bigint; fullName: string | null; bio: string | null; username: string | null },
    context: Context,
  ): Promise<{ version: number }>
  follow(
    request: { followerId: bigint; followingId: bigint },
    context: Context,
  ): Promise<{ state: 'following' | 'requested'; created: boolean }>
  /** The owner of a private account lets a requested follower in. */
  acceptFollow(
    request: { userId: bigint; followerId: bigint },
    context: Context,
  ): Promise<{ created: boolean }>
  unfollow(
    request: { followerId: bigint; followingId: bigint },
    context: Context,
  ): Promise<{ removed: boolean }>
  block(request: { userId: bigint; blockedId: bigint }, context: Context): Promise<{ created: boolean }>
  /** `fannedOut`: the fan-out ended inside the request (S-27), so that no flow begins. */
  createPost(
    request: { authorId: bigint; caption: string; mediaUrls: readonly string[] },
    context: Context,
  ): Promise<{ postId: bigint; fannedOut?: boolean }>
  deletePost(request: { authorId: bigint; postId: bigint }, context: Context): Promise<{ removed: boolean }>
  readPost(request: { readerId: bigint; postId: bigint }, context: Context): Promise<PostView>
  /**
   * Page `page` (1 is the first) of a reader's feed. `before` is the cursor that the page before it answered: the fixed
   * variant pages by it alone, the as-written one by `page` alone.
   */
  readFeed(
    request: { readerId: bigint; page: number; before: bigint | undefined; limit: number },
    context: Context,
  ): Promise<FeedPage>
  like(request: { userId: bigint; postId: bigint }, context: Context): Promise<{ created: boolean }>
  unlike(request: { userId: bigint; postId: bigint }, context: Context): Promise<{ removed: boolean }>
  /** A comment on a post, or a reply to the comment `parentId` of the same post. */
  comment(
    request: { userId: bigint; postId: bigint; parentId: bigint | undefined; content: string },
    context: Context,
  ): Promise<{ commentId: bigint }>
  likeComment(
    request: { userId: bigint; postId: bigint; commentId: bigint },
    context: Context,
  ): Promise<{ created: boolean }>
  listComments(
    request: { readerId: bigint; postId: bigint; before: bigint | undefined; limit: number },
    context: Context,
  ): Promise<CommentPage>
  listLikedPosts(
    request: { userId: bigint; before: bigint | undefined; limit: number },
    context: Context,
  ): Promise<PostPage>
  readTimeline(
    request: { readerId: bigint; authorId: bigint; before: bigint | undefined; limit: number },
    context: Context,
  ): Promise<PostPage>
}
