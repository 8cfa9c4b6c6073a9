import type { Cost } from '../../core/cost.ts'
import type { StoreClient } from '../../core/store.ts'

/** One command with its arguments, e.g. `['lrange', key, 0, 19]`. */
export type RedisCommand = readonly [string, ...(string | number)[]]

/** A Lua script, sent by its digest and loaded again when the server has forgotten it. */
export interface RedisScript {
  readonly name: string
  readonly lua: string
}

export type RedisReply = string | number | null | readonly RedisReply[]

export interface RedisClient extends StoreClient {
  readonly store: 'redis'
  /**
   * Writes the commands together and answers their replies in order: one round trip, counted in `cost`.
   * @throws OperationFailure `unavailable` when the connection is lost; the first error reply otherwise
   */
  wave(commands: readonly RedisCommand[], cost?: Cost): Promise<RedisReply[]>
  /** A command that runs `script`; usable in `wave` beside others. */
  call(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): RedisCommand
  /**
   * Messages published on `channel`; resolves when the subscription stands. It is made again when it is lost (see
   * `onResubscribed`), and ends with the client.
   */
  subscribe(channel: string, onMessage: (message: string) => void): Promise<void>
  /** Called each time the connection is lost: what was under way may have happened or not, and what is there may be gone. */
  onLost(listener: () => void): void
  /** Called each time subscriptions stand again that were lost: what was published in between has not come. */
  onResubscribed(listener: () => void): void
  /** Another logical database of the same server, closed with this client. The same index gives the same client. */
  withDatabase(index: number): RedisClient
  /** Empties this logical database. */
  flush(): Promise<void>
}
