import type { Violation } from '../../../core/operation.ts'
import type { PostView } from '../application.ts'

/** Newest first: each id is smaller than, or the same as, the one before it. */
export function descending(posts: readonly PostView[]): Violation | true | undefined {
  for (let at = 1; at < posts.length; at += 1) {
    const newer = posts[at - 1]?.postId ?? 0n
    const older = posts[at]?.postId ?? 0n
    if (older > newer) return { message: `${older} stands behind the older ${newer}` }
  }
  return posts.length < 2 ? undefined : true
}

/** No id twice on one page. */
export function distinct(posts: readonly PostView[]): Violation | true | undefined {
  if (posts.length < 2) return undefined
  // Most pages are in order, and then no set is needed.
  if (posts.every((post, at) => at === 0 || post.postId < (posts[at - 1]?.postId ?? 0n))) return true
  const seen = new Set<bigint>()
  for (const { postId } of posts) {
    if (seen.has(postId)) return { message: `${postId} stands twice on one page` }
    seen.add(postId)
  }
  return true
}

/** Whether a page of ids, newest first, shows `id` or may leave it to a later page. */
export function showsOrDefers(ids: readonly bigint[], id: bigint, limit: number): boolean {
  return ids.includes(id) || (ids.length >= limit && ids.every((other) => other > id))
}
