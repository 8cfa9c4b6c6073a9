/** A user of the seeded population, before any traffic. All of it is a pure function of (seed, index). */
export interface SeededUser {
  readonly index: number
  readonly userId: bigint
  readonly username: string
  readonly email: string
  readonly fullName: string
  readonly bio: string
  readonly pictureUrl: string
  readonly isPrivate: boolean
  /** One of the 20 % whose feeds are kept warm (SOC-02). */
  readonly isActive: boolean
}

/**
 * The seeded social graph and its posts, likes and comments; rows are made on demand, the graph is held as flat arrays.
 * Celebrities are the authors with at least 1,000 followers; only about a quarter of the users follow any of them.
 */
export interface SocialPopulation {
  readonly size: number
  user(index: number): SeededUser
  userId(index: number): bigint
  /** The index of a seeded user, or undefined for one who registered later. */
  indexOf(userId: bigint): number | undefined
  /** Indexes of the users whom `index` follows, ascending. A view: do not change it. */
  followees(index: number): Int32Array
  /** Indexes of the users who follow `index`, ascending. */
  followers(index: number): Int32Array
  isActive(index: number): boolean
  isPrivate(index: number): boolean
  isCelebrity(index: number): boolean
  followsCelebrity(index: number): boolean
  readonly activeUsers: Int32Array
  readonly celebrities: Int32Array
  /** Posts are numbered 0..posts-1 in order of time; ids grow with the number. */
  readonly posts: number
  postId(post: number): bigint
  authorOf(post: number): number
  /** Post numbers of an author, newest first. */
  postsOf(index: number): Int32Array
  caption(post: number): string
  mediaUrls(post: number): readonly string[]
  /** Indexes of the users who like a seeded post. */
  likersOf(post: number): Int32Array
  readonly comments: number
  comment(number: number): {
    readonly commentId: bigint
    readonly post: number
    readonly author: number
    readonly content: string
  }
  /** The newest millisecond of the seeded past: seeded ids are older than every id that a run makes. */
  readonly endMs: number
}
