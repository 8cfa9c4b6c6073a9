import { randomUUID } from 'node:crypto'
import type { Cost } from '../../../core/cost.ts'
import { Refusal } from '../../../core/errors.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { PostgresClient, Statement } from '../../../stores/postgres/client.ts'
import type { RedisClient, RedisCommand, RedisReply, RedisScript } from '../../../stores/redis/client.ts'
import type { ObjectCache } from '../../../patterns/cache/object-cache.ts'
import { edgeId } from './follow-store.ts'
import { keys } from './keys.ts'
import type { CachedPost } from './cached-post.ts'

/** Members of `hidden:{reader}`: `b<id>` blocked in either direction, `u<id>` unfollowed lately, `0` loaded. */
export type HiddenSet = ReadonlySet<string>

/** Who may see what: blocks in both directions, private accounts (X-14, S-41). Ids are decimal strings. */
export interface Visibility {
  /** The command that asks for a reader's hidden set; its reply goes to `hidden`. */
  hiddenCommand(reader: string): RedisCommand
  /** The reader's hidden set from the command's reply; loaded from PostgreSQL and stored where Redis has lost it. */
  hidden(reader: string, reply: RedisReply, cost: Cost): Promise<HiddenSet>
  /**
   * The posts that the reader may see, in order: no author blocked either way, private ones only if followed. Feeds,
   * which hold followed authors only, look at `u<id>` instead of asking for private authors.
   */
  visiblePosts(
    reader: string,
    hidden: HiddenSet,
    posts: readonly (CachedPost | undefined)[],
    cost: Cost,
  ): Promise<CachedPost[]>
  /** @throws Refusal `blocked` or `private` when the reader may not see what `author` owns */
  demand(
    reader: string,
    hidden: HiddenSet,
    author: string,
    authorIsPrivate: boolean,
    cost: Cost,
  ): Promise<void>
}

const HIDDEN_TTL_SECONDS = 3_600
const LEASE_SECONDS = 3
const LOAD_ATTEMPTS = 3
const LOADED = '0'

const loadBlocks: Statement = {
  name: 'social-load-blocks',
  text: `
SELECT blocked_id AS other FROM blocks WHERE shard = $1 AND user_id = $2
UNION ALL
SELECT user_id FROM blocked_by WHERE shard = $1 AND blocked_id = $2`,
}

/**
 * KEYS: hidden set, its lease. ARGV: token, seconds to live, members. Adds to the set, which others may have begun, and
 * answers it; answers nothing when a block came since the token was left, which the members may lack (S-36).
 */
const storeHidden: RedisScript = {
  name: 'visibility-store-hidden',
  lua: `
if not redis.call('LPOS', KEYS[2], ARGV[1]) then return {} end
for i = 3, #ARGV do redis.call('SADD', KEYS[1], ARGV[i]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return redis.call('SMEMBERS', KEYS[1])`,
}

/** Visibility over the hidden sets in Redis and the cache of edges. */
export function openVisibility(
  postgres: PostgresClient,
  redis: RedisClient,
  follows: ObjectCache<boolean>,
): Visibility {
  const loading = new Map<string, Promise<HiddenSet>>()

  async function load(reader: string, cost: Cost): Promise<HiddenSet> {
    const id = BigInt(reader)
    const key = keys.hidden(reader)
    const lease = keys.lease(key)
    let members: string[] = []
    for (let attempt = 0; attempt < LOAD_ATTEMPTS; attempt += 1) {
      const token = randomUUID()
      await redis.wave(
        [
          ['rpush', lease, token],
          ['expire', lease, LEASE_SECONDS],
        ],
        cost,
      )
      const rows = await postgres.query<{ other: bigint }>(loadBlocks, [shardOfId(id), id], cost)
      members = [LOADED, ...rows.map((row) => `b${row.other}`)]
      const store = redis.call(storeHidden, [key, lease], [token, HIDDEN_TTL_SECONDS, ...members])
      const [stored] = (await redis.wave([store], cost)) as (readonly string[])[]
      if (stored !== undefined && stored.length > 0) return new Set(stored)
    }
    return new Set(members)
  }

  return {
    hiddenCommand: (reader) => ['smembers', keys.hidden(reader)],
    async hidden(reader, reply, cost) {
      const members = new Set(reply as readonly string[])
      if (members.has(LOADED)) return members
      let flight = loading.get(reader)
      if (flight === undefined) {
        flight = load(reader, cost).finally(() => loading.delete(reader))
        loading.set(reader, flight)
      }
      return flight
    },
    async visiblePosts(reader, hidden, posts, cost) {
      const shown = posts.filter(
        (post) => post !== undefined && !hidden.has(`b${post.author}`),
      ) as CachedPost[]
      const asked = new Set<string>()
      for (const post of shown) if (post.authorIsPrivate && post.author !== reader) asked.add(post.author)
      if (asked.size === 0) return shown
      const authors = [...asked]
      const answers = await follows.getMany(
        authors.map((author) => edgeId(reader, author)),
        cost,
      )
      const refused = new Set(authors.filter((_, index) => answers[index] !== true))
      return shown.filter((post) => !refused.has(post.author))
    },
    async demand(reader, hidden, author, authorIsPrivate, cost) {
      if (hidden.has(`b${author}`)) throw new Refusal('blocked')
      if (!authorIsPrivate || author === reader) return
      if ((await follows.get(edgeId(reader, author), cost)) !== true) throw new Refusal('private')
    },
  }
}
