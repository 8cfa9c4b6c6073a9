/** A user as the caches hold it: ids do not survive JSON as numbers (S-33), so they are strings. */
export interface CachedUser {
  readonly user_id: string
  readonly username: string
  readonly full_name: string | null
  readonly bio: string | null
  readonly profile_pic_url: string | null
  readonly follower_count: number
  readonly following_count: number
  readonly post_count: number
  readonly is_private: boolean
  /** Milliseconds since 1970 of `updated_at`: the text's tables have no version. */
  readonly version: number
}
