import type { IdGenerator } from '../../../core/snowflake.ts'
import type { PostgresClient } from '../../../stores/postgres/client.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import type { CachedUser } from './cached-user.ts'

/** What every operation of the as-written variant works with. One per process. */
export interface Services {
  readonly postgres: PostgresClient
  readonly redis: RedisClient
  readonly ids: IdGenerator
  /** "L1: Process memory", as the text has it: a plain dictionary, unbounded and never invalidated (S-32). */
  readonly l1: Map<bigint, CachedUser>
  /** `titles`: no push for authors with 1,000 followers and more; `code`: push to all (S-19). */
  readonly threshold: 'titles' | 'code'
  /** Hits and lookups of the caches, for the report. */
  readonly ratios: {
    l1: [number, number]
    users: [number, number]
    posts: [number, number]
    feeds: [number, number]
  }
}
