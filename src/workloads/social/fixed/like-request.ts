/** What the statement answers for one like. */
export interface LikeAnswer {
  readonly verdict: string
  readonly created: boolean
}

/** Who likes what. */
export interface LikeRequest {
  readonly userId: bigint
  readonly postId: bigint
}
