import type { Cost } from '../../../core/cost.ts'
import type { IdGenerator } from '../../../core/snowflake.ts'
import type { PostgresClient } from '../../../stores/postgres/client.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import type { ProfileView } from '../application.ts'
import type { ObjectCache } from '../../../patterns/cache/object-cache.ts'
import type { SocialChoice } from './choice.ts'
import type { CachedPost } from './cached-post.ts'
import type { LikeAnswer, LikeRequest } from './like-request.ts'
import type { Visibility } from './visibility.ts'

/** Statements that operations share, each item with the cost that its share goes to. */
export interface Questions {
  like(like: LikeRequest, cost: Cost): Promise<LikeAnswer>
}

/** What every operation of the fixed variant works with. One per process. */
export interface Services {
  readonly postgres: PostgresClient
  readonly redis: RedisClient
  readonly ids: IdGenerator
  readonly choice: SocialChoice
  readonly cache: {
    readonly posts: ObjectCache<CachedPost>
    readonly users: ObjectCache<ProfileView>
    /** By `<reader>:<author>`: does the reader follow the author? Asked for private authors only; no L1. */
    readonly follows: ObjectCache<boolean>
  }
  readonly visibility: Visibility
  /** What many operations ask of PostgreSQL at once is asked in one statement. */
  readonly ask: Questions
}
