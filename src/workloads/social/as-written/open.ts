import { idGenerator } from '../../../core/snowflake.ts'
import type { RunningApplication } from '../../../core/workload.ts'
import type { StrategyChoice } from '../../../core/strategy.ts'
import type { SocialApplication } from '../application.ts'
import type { SocialStores } from '../stores.ts'
import { comment, likeComment, listComments } from './comments.ts'
import { createPost } from './create-post.ts'
import { acceptFollow, block, follow, unfollow } from './follows.ts'
import { getUserFeed } from './get-user-feed.ts'
import { like, unlike } from './likes.ts'
import { deletePost, listLikedPosts, readPost, readTimeline } from './posts.ts'
import type { Services } from './services.ts'
import { readProfile, register, updateProfile } from './users.ts'

/** An as-written application in this process. */
interface RunningAsWritten extends RunningApplication {
  readonly application: SocialApplication
}

/** Operations that may run at a time in one process, as many as in the fixed variant; they share the pool's connections. */
const SLOTS = 64

/** Opens the text's own application on its own stores (`threshold=titles|code`). `worker` (0 to 63) goes into its ids. */
export function openAsWritten(
  stores: SocialStores,
  choice: StrategyChoice,
  worker: number,
): RunningAsWritten {
  const services: Services = {
    ...stores,
    ids: idGenerator(worker),
    l1: new Map(),
    threshold: choice['threshold'] === 'code' ? 'code' : 'titles',
    ratios: { l1: [0, 0], users: [0, 0], posts: [0, 0], feeds: [0, 0] },
  }
  return {
    application: applicationOf(services),
    slots: SLOTS,
    ratios: () => ({
      'users in process memory': services.ratios.l1,
      'users in redis': services.ratios.users,
      'posts in redis': services.ratios.posts,
      'feeds in redis': services.ratios.feeds,
    }),
    close: () => Promise.resolve(),
  }
}

function applicationOf(services: Services): SocialApplication {
  return {
    register: (request, context) => register(services, request, context),
    readProfile: (request, context) => readProfile(services, request, context),
    updateProfile: (request, context) => updateProfile(services, request, context),
    follow: (request, context) => follow(services, request, context),
    acceptFollow,
    unfollow: (request, context) => unfollow(services, request, context),
    block: (request, context) => block(services, request, context),
    createPost: (request, context) => createPost(services, request, context),
    deletePost: (request, context) => deletePost(services, request, context),
    readPost: (request, context) => readPost(services, request, context),
    readFeed: (request, context) => getUserFeed(services, request, context),
    like: (request, context) => like(services, request, context),
    unlike: (request, context) => unlike(services, request, context),
    comment: (request, context) => comment(services, request, context),
    likeComment: (request, context) => likeComment(services, request, context),
    listComments: (request, context) => listComments(services, request, context),
    listLikedPosts: (request, context) => listLikedPosts(services, request, context),
    readTimeline: (request, context) => readTimeline(services, request, context),
  }
}
