import { usageError } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { idGenerator } from '../../../core/snowflake.ts'
import type { RunningApplication } from '../../../core/workload.ts'
import type { StrategyChoice } from '../../../core/strategy.ts'
import type { PostgresClient } from '../../../stores/postgres/client.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import type { ProfileView, SocialApplication } from '../application.ts'
import { acceptFollow } from './accept-follow.ts'
import { block } from './block.ts'
import { newLocalLayer, noLocalLayer } from '../../../patterns/cache/local-layer.ts'
import { openCache } from '../../../patterns/cache/open-cache.ts'
import { postCodec } from './cache/post-codec.ts'
import { flagCodec, userCodec } from './cache/user-codec.ts'
import { comment } from './comment.ts'
import { createPost } from './create-post.ts'
import { deletePost } from './delete-post.ts'
import { readFeed } from './feed.ts'
import { loadEdgesById } from './follow-store.ts'
import { follow } from './follow.ts'
import { INVALIDATION_CHANNEL } from '../../../patterns/cache/keys.ts'
import { keys } from './keys.ts'
import { likeComment } from './like-comment.ts'
import { like, likeWriter, unlike } from './like.ts'
import { listComments } from './list-comments.ts'
import { listLikedPosts } from './list-liked-posts.ts'
import { postLoader } from './post-store.ts'
import { readPost } from './read-post.ts'
import { readProfile } from './read-profile.ts'
import { readTimeline } from './read-timeline.ts'
import { register } from './register.ts'
import type { Services } from './services.ts'
import type { SocialChoice } from './choice.ts'
import type { CachedPost } from './cached-post.ts'
import { unfollow } from './unfollow.ts'
import { updateProfile } from './update-profile.ts'
import { loadUsersById } from './user-store.ts'
import { openVisibility } from './visibility.ts'

/** Operations that run at a time in one process (law 2): arrivals beyond wait, and their waiting counts. */
const SLOTS = 256

/** The fixed variant, running in this process. */
export interface FixedApplication extends RunningApplication {
  readonly application: SocialApplication
  readonly services: Services
}

/**
 * The strategies that a run chose, checked.
 * @throws ArchError (usage) for a value that the fixed variant does not have
 */
export function socialChoice(choice: StrategyChoice): SocialChoice {
  const { fanout = 'hybrid', counter = 'delta' } = choice
  if (fanout !== 'push' && fanout !== 'pull' && fanout !== 'hybrid')
    throw usageError(`there is no strategy fanout=${fanout}`, 'Choose push, pull or hybrid.')
  if (counter !== 'row' && counter !== 'slots' && counter !== 'delta')
    throw usageError(`there is no strategy counter=${counter}`, 'Choose row, slots or delta.')
  return { fanout, counter }
}

function openServices(
  stores: { readonly postgres: PostgresClient; readonly redis: RedisClient },
  choice: SocialChoice,
  workerId: number,
): Services {
  const { postgres, redis } = stores
  const posts = openCache<CachedPost>(
    redis,
    { key: keys.post, codec: postCodec, load: postLoader(postgres) },
    newLocalLayer(),
  )
  const users = openCache<ProfileView>(
    redis,
    { key: keys.user, codec: userCodec, load: (ids, cost) => loadUsersById(postgres, ids, cost) },
    newLocalLayer(),
  )
  const follows = openCache<boolean>(
    redis,
    {
      key: (edge) => `follows:${edge}`,
      codec: flagCodec,
      load: (ids, cost) => loadEdgesById(postgres, ids, cost),
    },
    noLocalLayer(),
  )
  return {
    postgres,
    redis,
    ids: idGenerator(workerId),
    choice,
    cache: { posts, users, follows },
    visibility: openVisibility(postgres, redis, follows),
    ask: { like: likeWriter(postgres, choice) },
  }
}

/** Hears from every process, this one included, what L1 must forget (S-32). */
async function listen(services: Services): Promise<void> {
  const [post, user] = [keys.post(''), keys.user('')]
  await services.redis.subscribe(INVALIDATION_CHANNEL, (message) => {
    for (const key of message.split('\n')) {
      if (key.startsWith(post)) services.cache.posts.forget([key.slice(post.length)])
      else if (key.startsWith(user)) services.cache.users.forget([key.slice(user.length)])
    }
  })
}

function bind(services: Services): SocialApplication {
  const bound =
    <Request, Answer>(
      operation: (services: Services, request: Request, context: Context) => Promise<Answer>,
    ) =>
    (request: Request, context: Context): Promise<Answer> =>
      operation(services, request, context)
  return {
    register: bound(register),
    readProfile: bound(readProfile),
    updateProfile: bound(updateProfile),
    follow: bound(follow),
    acceptFollow: bound(acceptFollow),
    unfollow: bound(unfollow),
    block: bound(block),
    createPost: bound(createPost),
    deletePost: bound(deletePost),
    readPost: bound(readPost),
    readFeed: bound(readFeed),
    like: bound(like),
    unlike: bound(unlike),
    comment: bound(comment),
    likeComment: bound(likeComment),
    listComments: bound(listComments),
    listLikedPosts: bound(listLikedPosts),
    readTimeline: bound(readTimeline),
  }
}

/**
 * Opens the fixed variant over its own databases. `workerId` (0 to 63) is unique among the processes that mint ids.
 * The stores stay open when it closes: they belong to the caller.
 * @throws ArchError for an unknown strategy; OperationFailure `unavailable` when Redis does not answer
 */
export async function openFixed(
  stores: { readonly postgres: PostgresClient; readonly redis: RedisClient },
  choice: StrategyChoice,
  workerId: number,
): Promise<FixedApplication> {
  const services = openServices(stores, socialChoice(choice), workerId)
  await listen(services)
  return {
    application: bind(services),
    services,
    slots: SLOTS,
    ratios() {
      const posts = services.cache.posts.ratios()
      const users = services.cache.users.ratios()
      return { 'posts L1': posts.l1, 'posts L2': posts.l2, 'users L1': users.l1, 'users L2': users.l2 }
    },
    close: () => Promise.resolve(),
  }
}
