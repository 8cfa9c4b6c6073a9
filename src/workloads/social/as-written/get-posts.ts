import type { Cost } from '../../../core/cost.ts'
import type { PostPage, PostView } from '../application.ts'
import type { Services } from './services.ts'

/** A post as the caches hold it: a row of `posts` in JSON, ids as strings (S-33). */
export interface CachedPost {
  readonly post_id: string
  readonly user_id: string
  readonly caption: string | null
  readonly media_urls: readonly string[] | null
  readonly like_count: number
  readonly comment_count: number
  readonly username: string
  readonly user_profile_pic: string | null
}

const TTL_SECONDS = 3600

const SELECT_POST = {
  name: 'as_written_get_post',
  text: `SELECT post_id::text, user_id::text, caption, media_urls, like_count, comment_count, username, user_profile_pic
         FROM posts WHERE post_id = $1`,
}

function viewOf(post: CachedPost): PostView {
  return {
    postId: BigInt(post.post_id),
    authorId: BigInt(post.user_id),
    username: post.username,
    pictureUrl: post.user_profile_pic ?? '',
    caption: post.caption ?? '',
    mediaUrls: post.media_urls ?? [],
    likeCount: post.like_count,
    commentCount: post.comment_count,
  }
}

/**
 * One post as `get_user_feed` fetches it (l.247-252): the cache, else the database and then the cache for an hour.
 * Undefined where there is none; the text caches that for an hour as well (S-34).
 */
export async function getPost(services: Services, postId: bigint, cost: Cost): Promise<PostView | undefined> {
  const { postgres, redis, ratios } = services
  ratios.posts[1] += 1
  const [cached] = await redis.wave([['get', `post:${postId}`]], cost)
  if (typeof cached === 'string') {
    ratios.posts[0] += 1
    const post = JSON.parse(cached) as CachedPost | null
    return post === null ? undefined : viewOf(post)
  }
  const [post] = await postgres.query<CachedPost>(SELECT_POST, [postId], cost)
  await redis.wave([['setex', `post:${postId}`, TTL_SECONDS, JSON.stringify(post ?? null)]], cost)
  return post === undefined ? undefined : viewOf(post)
}

/** Fetches the posts of a page one after the other, as the text does (S-31). */
export async function getPosts(
  services: Services,
  postIds: readonly bigint[],
  cost: Cost,
): Promise<PostPage> {
  const posts: PostView[] = []
  for (const postId of postIds) {
    const post = await getPost(services, postId, cost)
    if (post !== undefined) posts.push(post)
  }
  return { posts, next: posts.at(-1)?.postId }
}
