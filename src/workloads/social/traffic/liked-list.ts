import type { Check, Operation } from '../../../core/operation.ts'
import type { PostPage, SocialApplication } from '../application.ts'
import { rates } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import { keptLike, likeAt } from './like-add.ts'
import { distinct } from './order.ts'
import { PAGE, resultOf, wantsOwn } from './own.ts'
import { CODE } from './code.ts'

/** A page of the posts that a user likes, and one that it must show. */
interface LikedList {
  readonly userId: bigint
  readonly own: bigint | undefined
}

const likedReadYourLike: Check<LikedList, PostPage, SocialWorld> = {
  name: 'liked.read-your-like',
  claims: ['SOC-46'],
  defects: ['S-11'],
  check({ userId, own }, { posts }) {
    if (own === undefined) return undefined
    // Newest like first, whatever the age of the post: a full page may have moved on.
    if (posts.length >= PAGE || posts.some((post) => post.postId === own)) return true
    return { message: `${userId} likes ${own}, and the ${posts.length} posts of the list lack it` }
  },
}

const likedNoDuplicates: Check<LikedList, PostPage, SocialWorld> = {
  name: 'liked.no-duplicates',
  claims: ['SOC-46'],
  defects: [],
  check: (_list, page) => distinct(page.posts),
}

/** The posts that a user likes, the newest like first; some look for one of a few seconds ago (SOC-46). */
export const likedList: Operation<SocialApplication, SocialWorld, LikedList, PostPage> = {
  name: 'liked.list',
  claims: ['SOC-46'],
  kind: 'read',
  rate: rates['liked.list'],
  targets: [],
  checks: [likedNoDuplicates, likedReadYourLike],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.likedList, arrival)
    if (wantsOwn(root)) {
      const lagSeconds = 3 + 3 * uniform(root, 3)
      const parent = earlier(world.pace, arrival, { operation: 'like.add', lagSeconds, ...keptLike })
      const own = parent && resultOf(world, CODE.likeAdd, parent)
      if (parent !== undefined && own !== undefined) return { userId: likeAt(world, parent).userId, own }
      countStandIn(world, 'liked.list')
    }
    return { userId: world.population.userId(world.people.active.draw(uniform(root, 1))), own: undefined }
  },
  run: (application, { userId }, context) =>
    application.listLikedPosts({ userId, before: undefined, limit: PAGE }, context),
}
