import type { CassandraClient } from '../../../stores/cassandra/client.ts'
import type { TextAnswers } from './requests.ts'

const ROWS = {
  text: 'SELECT conversation_id, last_message_time, unread_count FROM user_inbox WHERE user_id = ?',
  idempotent: true,
} as const
const DELETE = {
  text: 'DELETE FROM user_inbox WHERE user_id = ? AND last_message_time = ?',
  idempotent: true,
} as const
const INSERT = {
  text: 'INSERT INTO user_inbox (user_id, conversation_id, last_message_time, unread_count) VALUES (?, ?, ?, ?)',
  idempotent: true,
} as const
const NOTHING_UNREAD = {
  text: 'UPDATE user_inbox SET unread_count = 0 WHERE user_id = ? AND last_message_time = ?',
  idempotent: true,
} as const
const FORGET = { text: 'DELETE FROM user_inbox WHERE user_id = ?', idempotent: true } as const

interface InboxRow {
  /** Null in a row that an UPDATE brought back after its DELETE (M-14). */
  readonly conversation_id: string | null
  readonly last_message_time: string
  readonly unread_count: number
}

/** Something new in a conversation of a user. */
export interface InboxEntry {
  readonly user: bigint
  readonly conversation: string
  readonly last: string
  /** 1 for who is to read it, 0 for who wrote it. */
  readonly unread: 0 | 1
}

/**
 * Moves a conversation to the top of a user's inbox. Its place is in the key, which cannot be updated: the row is looked
 * up, deleted, and inserted anew with what was read of it, plus one (M-03, M-04). @throws OperationFailure
 */
export async function moveUp(
  cassandra: CassandraClient,
  { user, conversation, last, unread }: InboxEntry,
): Promise<void> {
  const rows = await cassandra.query<InboxRow>(ROWS, [user])
  const before = rows.find((row) => row.conversation_id === conversation)
  const after = [user, conversation, last, (before?.unread_count ?? 0) + unread]
  await cassandra.batch([
    ...(before === undefined ? [] : [{ statement: DELETE, values: [user, before.last_message_time] }]),
    { statement: INSERT, values: after },
  ])
}

/** Somebody has read a conversation: nothing of it is unread. @throws OperationFailure */
export async function clearUnread(
  cassandra: CassandraClient,
  user: bigint,
  conversation: string,
): Promise<void> {
  const rows = await cassandra.query<InboxRow>(ROWS, [user])
  const row = rows.find(({ conversation_id }) => conversation_id === conversation)
  if (row !== undefined) await cassandra.query(NOTHING_UNREAD, [user, row.last_message_time])
}

/** The inbox of somebody who leaves. @throws OperationFailure */
export async function forgetInbox(cassandra: CassandraClient, user: bigint): Promise<void> {
  await cassandra.query(FORGET, [user])
}

/** A user's inbox as it stands there, newest first. @throws OperationFailure */
export async function readInbox(cassandra: CassandraClient, user: bigint): Promise<TextAnswers['inbox']> {
  const rows = await cassandra.query<InboxRow>(ROWS, [user])
  return {
    conversations: rows.flatMap((row) =>
      row.conversation_id === null
        ? []
        : [{ conversation: row.conversation_id, last: row.last_message_time, unread: row.unread_count }],
    ),
  }
}
