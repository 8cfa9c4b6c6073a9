import type { Cost } from '../../../core/cost.ts'
import type { RedisCommand, RedisReply } from '../../../stores/redis/client.ts'
import type { CachedPost } from './services.ts'

/** Members of `hidden:{reader}`: `b<id>` blocked in either direction, `u<id>` unfollowed lately, `0` loaded. */
export type HiddenSet = ReadonlySet<string>

/** Who may see what: blocks in both directions, private accounts, deletions (X-14, S-41). */
export interface Visibility {
  /** The command that asks for a reader's hidden set; its reply goes to `hidden`. */
  hiddenCommand(reader: string): RedisCommand
  /** The reader's hidden set from the command's reply; loaded from PostgreSQL and stored where Redis has lost it. */
  hidden(reader: string, reply: RedisReply, cost: Cost): Promise<HiddenSet>
  /** The posts that the reader may see, in order: no author blocked either way, private ones only if followed. */
  visiblePosts(reader: string, hidden: HiddenSet, posts: readonly (CachedPost | undefined)[], cost: Cost): Promise<CachedPost[]>
  /** May the reader see what this author owns? One command to Redis at most, and only where the author is private. */
  mayFollowerSee(reader: string, author: string, authorIsPrivate: boolean, cost: Cost): Promise<boolean>
}
