import type { PostView } from '../application.ts'

/** A post as the caches hold it; deleted posts are not in them. */
export interface CachedPost {
  /** The author's id as a decimal string, as the hidden sets hold it. */
  readonly author: string
  readonly authorIsPrivate: boolean
  /** Ready to return; shared, so never changed. */
  readonly view: PostView
}
