import { bucketOf } from '../../ids.ts'
import type { Answers } from '../../protocol/answers.ts'
import { idOfTime } from './entries.ts'
import type { Gateway, Session } from './gateway.ts'
import { headOf } from './history.ts'
import { NAMES } from './names.ts'
import { SELECT_AFTER, SELECT_BUCKETS, SELECT_INBOX, SELECT_READ } from './statements.ts'

/** Conversations of a list. */
const LISTED = 20
/** More unread ones are shown as "99+" (M-04). */
export const MOST_UNREAD = 100

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

async function bucketsBetween(
  cassandra: Gateway['cassandra'],
  conversation: string,
  oldest: number,
  newest: number,
): Promise<readonly number[]> {
  const rows = await cassandra.query<{ readonly bucket: number }>(SELECT_BUCKETS, [conversation, newest])
  return rows.map(({ bucket }) => bucket).filter((bucket) => bucket >= oldest)
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
  const buckets = newest === oldest ? [newest] : await bucketsBetween(cassandra, conversation, oldest, newest)
  let behind = 0
  let own = 0
  for (const bucket of buckets) {
    const rows = await cassandra.query<SenderRow>(SELECT_AFTER, [conversation, bucket, read, MOST_UNREAD])
    behind += rows.length
    own += rows.filter(({ sender_id: sender }) => sender === user).length
    if (behind >= MOST_UNREAD) return MOST_UNREAD
  }
  return behind - own
}

/**
 * The conversations of a user, newest first, with how many messages are unread (MSG-15, MSG-25). Their newest messages
 * come from Redis in one round trip, those that it does not know from the projection; the list is short enough to be
 * put in order here, which is what lets a row of it never change (M-03).
 * @throws OperationFailure
 */
export async function listInbox(gateway: Gateway, { device: { user } }: Session): Promise<Answers['inbox']> {
  const { cassandra, redis } = gateway
  const [rows, marks] = await Promise.all([
    cassandra.query<InboxRow>(SELECT_INBOX, [user]),
    cassandra.query<ReadRow>(SELECT_READ, [user]),
  ])
  if (rows.length === 0) return { conversations: [] }
  const [lasts] = await redis.wave([['mget', ...rows.map((row) => NAMES.last(row.conversation_id))]])
  const known = Array.isArray(lasts) ? lasts : []
  const heads = await Promise.all(
    rows.map(async ({ conversation_id: conversation }, index) => {
      const text = known[index]
      const last = typeof text === 'string' ? idOfTime(text) : await headOf(gateway, conversation)
      return { conversation, last: last ?? 0n }
    }),
  )
  const read = new Map(marks.map((mark) => [mark.conversation_id, mark.read_message_id]))
  const newest = heads.toSorted((one, other) => (one.last < other.last ? 1 : -1)).slice(0, LISTED)
  const conversations = await Promise.all(
    newest.map(async ({ conversation, last }) => {
      const mark = read.get(conversation) ?? 0n
      // Where all is read nothing is asked.
      const unread = last <= mark ? 0 : await unreadOf(gateway, user, conversation, last, mark)
      return { conversation, last: last.toString(), unread }
    }),
  )
  return { conversations }
}
