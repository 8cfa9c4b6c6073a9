import type { RedisClient, RedisReply } from '../../../stores/redis/client.ts'
import { keys } from '../fixed/keys.ts'
import { partsOf } from '../../../patterns/audits/scan.ts'

/** A list of post ids, newest first. Below its last id it says nothing, unless it is complete. */
export interface StoredList {
  readonly ids: readonly bigint[]
  readonly complete: boolean
}

/** All that Redis holds for one reader's feed. */
export interface WarmFeed {
  readonly reader: bigint
  readonly pushed: StoredList
  readonly pulls: readonly bigint[]
  readonly hiddenAuthors: ReadonlySet<bigint>
}

const PART = 50

function storedList(reply: RedisReply | undefined): StoredList {
  const items = (reply ?? []) as readonly string[]
  const complete = items.at(-1) === '0'
  return { ids: (complete ? items.slice(0, -1) : items).map(BigInt), complete }
}

function authorsIn(members: readonly string[], kinds: readonly string[]): bigint[] {
  return members.filter((member) => kinds.includes(member[0] ?? '')).map((member) => BigInt(member.slice(1)))
}

function warmFeed(
  reader: bigint,
  feed: RedisReply | undefined,
  pulls: RedisReply | undefined,
  hidden: RedisReply | undefined,
): WarmFeed | undefined {
  const pulled = (pulls ?? []) as readonly string[]
  const members = (hidden ?? []) as readonly string[]
  const pushed = storedList(feed)
  const exists = pushed.complete || pushed.ids.length > 0
  // Without the mark a set is not loaded: the next read of this feed starts cold.
  if (!exists || !pulled.includes('0') || !members.includes('0')) return undefined
  return {
    reader,
    pushed,
    pulls: pulled.filter((member) => member !== '0').map(BigInt),
    hiddenAuthors: new Set(authorsIn(members, ['b', 'u'])),
  }
}

/** The feeds of those readers who have a warm one. */
export async function readWarmFeeds(redis: RedisClient, readers: readonly bigint[]): Promise<WarmFeed[]> {
  const feeds: WarmFeed[] = []
  for (const part of partsOf(readers, PART)) {
    const replies = await redis.wave(
      part.flatMap((reader) => [
        ['lrange', keys.feed(reader), 0, -1] as const,
        ['smembers', keys.pulls(reader)] as const,
        ['smembers', keys.hidden(reader)] as const,
      ]),
    )
    for (const [index, reader] of part.entries()) {
      const feed = warmFeed(reader, replies[3 * index], replies[3 * index + 1], replies[3 * index + 2])
      if (feed !== undefined) feeds.push(feed)
    }
  }
  return feeds
}

/** The lists of pull authors that are in Redis; one that is not is read from the tables by whoever needs it. */
export async function readAuthorLists(
  redis: RedisClient,
  authors: Iterable<bigint>,
): Promise<ReadonlyMap<bigint, StoredList>> {
  const all = [...new Set(authors)]
  const lists = new Map<bigint, StoredList>()
  for (const part of partsOf(all, PART)) {
    const replies = await redis.wave(part.map((author) => ['lrange', keys.author(author), 0, -1] as const))
    for (const [index, author] of part.entries()) {
      const list = storedList(replies[index])
      if (list.complete || list.ids.length > 0) lists.set(author, list)
    }
  }
  return lists
}
