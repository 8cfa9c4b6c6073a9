import type { CachedPost } from '../cached-post.ts'
import type { Codec } from '../../../../patterns/cache/codec.ts'

const VERSION = '1'
const DIGITS = 10
const LARGEST = 10 ** DIGITS - 1

/** Where the counts stand in an encoded post: the relay overwrites them in place with SETRANGE. */
const POST_HEADER = { likes: 1, comments: 11, end: 21 } as const

interface Fields {
  readonly id: string
  readonly author: string
  readonly name: string
  readonly picture: string
  readonly caption: string
  readonly media: readonly string[]
  readonly private: boolean
}

/** A count as it stands in the header of an encoded post: ten digits. */
export function headerCount(count: number): string {
  return String(Math.min(Math.max(count, 0), LARGEST)).padStart(DIGITS, '0')
}

/** Posts: version, likes and comments in ten digits each, then JSON with ids as decimal strings. */
export const postCodec: Codec<CachedPost> = {
  encode(post) {
    const { view } = post
    const fields: Fields = {
      id: view.postId.toString(),
      author: post.author,
      name: view.username,
      picture: view.pictureUrl,
      caption: view.caption,
      media: view.mediaUrls,
      private: post.authorIsPrivate,
    }
    return VERSION + headerCount(view.likeCount) + headerCount(view.commentCount) + JSON.stringify(fields)
  },
  decode(text) {
    if (!text.startsWith(VERSION)) return undefined
    const fields = JSON.parse(text.slice(POST_HEADER.end)) as Fields
    return {
      author: fields.author,
      authorIsPrivate: fields.private,
      view: {
        postId: BigInt(fields.id),
        authorId: BigInt(fields.author),
        username: fields.name,
        pictureUrl: fields.picture,
        caption: fields.caption,
        mediaUrls: fields.media,
        likeCount: Number(text.slice(POST_HEADER.likes, POST_HEADER.comments)),
        commentCount: Number(text.slice(POST_HEADER.comments, POST_HEADER.end)),
      },
    }
  },
}
