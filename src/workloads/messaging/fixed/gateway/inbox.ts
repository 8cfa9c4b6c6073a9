import { bucketOf, messageTimeOf } from '../../ids.ts'
import type { Answers } from '../../protocol/answers.ts'
import { bucketsFrom, newestOf } from './buckets.ts'
import { idOfTime, timeText } from './entries.ts'
import type { Gateway, Session } from './gateway.ts'
import { NAMES } from './names.ts'
import { MOST_UNREAD, unreadCounts } from './recent.ts'
import { SELECT_AFTER, SELECT_INBOX, SELECT_READ } from './statements.ts'

/** Conversations of a list. */
const LISTED = 20

interface InboxRow {
  readonly conversation_id: string
}

interface ReadRow {
  readonly conversation_id: string
  readonly read_message_id: bigint
}

interface SenderRow {
  readonly sender_id: bigint
}

/** Messages of others behind a mark; 100 where there are as many messages behind it at all, from the newest bucket on back. */
export async function unreadOf(
  { cassandra }: Pick<Gateway, 'cassandra'>,
  user: bigint,
  conversation: string,
  last: bigint,
  read: bigint,
): Promise<number> {
  const newest = bucketOf(last)
  const oldest = bucketOf(read)
  const buckets = newest === oldest ? [newest] : bucketsFrom(cassandra, conversation, newest, oldest)
  let behind = 0
  let own = 0
  for await (const bucket of buckets) {
    const rows = await cassandra.query<SenderRow>(SELECT_AFTER, [conversation, bucket, read, MOST_UNREAD])
    behind += rows.length
    own += rows.filter(({ sender_id: sender }) => sender === user).length
    if (behind >= MOST_UNREAD) return MOST_UNREAD
  }
  return behind - own
}

/** A conversation as a list shows it. */
interface Listed {
  readonly conversation: string
  /** 0 where nothing was ever said. */
  readonly last: bigint
  readonly unread: number
}

/**
 * Newest message and unread count of conversations: all of them from Redis in one round trip, by its last hundred
 * messages; what it does not know from the log, where the newest one is too (M-21). @param marks by conversation @throws OperationFailure
 */
export async function unreadIn(
  gateway: Pick<Gateway, 'cassandra' | 'redis'>,
  user: bigint,
  conversations: readonly string[],
  marks: ReadonlyMap<string, bigint>,
): Promise<readonly Listed[]> {
  const { redis } = gateway
  const markOf = (conversation: string): bigint => marks.get(conversation) ?? 0n
  const keys = conversations.flatMap((each) => [NAMES.last(each), NAMES.recent(each)])
  const asked = conversations.map((each) => timeText(messageTimeOf(markOf(each))))
  const [reply] = await redis.wave([redis.call(unreadCounts, keys, [user.toString(), ...asked])])
  const known = Array.isArray(reply) ? reply : []
  return Promise.all(
    conversations.map(async (conversation, index): Promise<Listed> => {
      const text = String(known[2 * index] ?? '')
      const last = text === '' ? ((await newestOf(gateway, conversation)) ?? 0n) : idOfTime(text)
      const mark = markOf(conversation)
      const count = Number(known[2 * index + 1] ?? -1)
      if (count >= 0 || last <= mark) return { conversation, last, unread: Math.max(count, 0) }
      return { conversation, last, unread: await unreadOf(gateway, user, conversation, last, mark) }
    }),
  )
}

/**
 * The conversations of a user, newest first, with how many messages are unread (MSG-15, MSG-25). The list is short enough
 * to be put in order here, which is what lets a row of it never change (M-03). @throws OperationFailure
 */
export async function listInbox(gateway: Gateway, { device: { user } }: Session): Promise<Answers['inbox']> {
  const { cassandra } = gateway
  const [rows, reads] = await Promise.all([
    cassandra.query<InboxRow>(SELECT_INBOX, [user]),
    cassandra.query<ReadRow>(SELECT_READ, [user]),
  ])
  if (rows.length === 0) return { conversations: [] }
  const marks = new Map(reads.map((row) => [row.conversation_id, row.read_message_id]))
  const listed = await unreadIn(
    gateway,
    user,
    rows.map((row) => row.conversation_id),
    marks,
  )
  return {
    conversations: listed
      .toSorted((one, other) => (one.last < other.last ? 1 : -1))
      .slice(0, LISTED)
      .map(({ conversation, last, unread }) => ({ conversation, last: last.toString(), unread })),
  }
}
