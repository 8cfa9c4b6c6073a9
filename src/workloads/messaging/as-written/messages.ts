import type { CassandraClient, CassandraStatement } from '../../../stores/cassandra/client.ts'
import { moveUp } from './inbox.ts'
import type { AskOf, TextAnswers } from './requests.ts'

const PAGE = 50
/** Rows that one question after new messages reads at most. */
const MOST_NEW = 1_000

const COLUMNS =
  'conversation_id, message_id, sender_id, recipient_id, message_type, content, is_encrypted, status, created_at'
/** A message without media, for one recipient. */
export const INSERT_TEXT_MESSAGE: CassandraStatement = {
  text: `INSERT INTO messages (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  idempotent: true,
}
const INSERT_WITH_MEDIA = {
  text: `INSERT INTO messages (${COLUMNS}, media_url) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  idempotent: true,
} as const
const AFTER = {
  text: `SELECT message_id, sender_id, recipient_id, content, media_url, status FROM messages WHERE conversation_id = ? AND message_id > ? ORDER BY message_id ASC LIMIT ${MOST_NEW}`,
  idempotent: true,
} as const
const NEWEST = {
  text: `SELECT message_id, sender_id, recipient_id FROM messages WHERE conversation_id = ? LIMIT ${PAGE}`,
  idempotent: true,
} as const
const STATUS = {
  text: 'UPDATE messages SET status = ? WHERE conversation_id = ? AND message_id = ?',
  idempotent: true,
} as const

interface MessageRow {
  readonly message_id: string
  readonly sender_id: bigint
  readonly recipient_id: bigint
  readonly content: string
  readonly media_url: string | null
  readonly status: string
}

/** What the server works with. */
export interface TextServer {
  readonly cassandra: CassandraClient
  readonly newId: () => string
}

/**
 * Takes a message: a row for each recipient, since a row has one (M-05), under an id that is made here and now, so that
 * what is sent again is another message (M-02). Then the inbox of everyone. @throws OperationFailure
 */
export async function takeMessage(
  { cassandra, newId }: TextServer,
  sender: bigint,
  { conversation, recipients, kind, content, mediaUrl }: AskOf<'send'>,
): Promise<TextAnswers['send']> {
  const rows = recipients.map((recipient) => ({ recipient: BigInt(recipient), message: newId() }))
  await Promise.all(
    rows.map(({ recipient, message }) => {
      // The words go as they are (M-07).
      const values = [conversation, message, sender, recipient, kind, content, false, 'sent', new Date()]
      return mediaUrl === undefined
        ? cassandra.query(INSERT_TEXT_MESSAGE, values)
        : cassandra.query(INSERT_WITH_MEDIA, [...values, mediaUrl])
    }),
  )
  const last = rows.at(-1)?.message
  await Promise.all([
    ...rows.map(({ recipient, message }) =>
      moveUp(cassandra, { user: recipient, conversation, last: message, unread: 1 }),
    ),
    ...(last === undefined ? [] : [moveUp(cassandra, { user: sender, conversation, last, unread: 0 })]),
  ])
  return { messages: rows.map(({ message }) => message) }
}

/** What came to a user after a message, oldest first; it is delivered now (MSG-12). @throws OperationFailure */
export async function messagesAfter(
  { cassandra }: TextServer,
  user: bigint,
  { conversation, after }: AskOf<'messages'>,
): Promise<TextAnswers['messages']> {
  const rows = await cassandra.query<MessageRow>(AFTER, [conversation, after])
  const mine = rows.filter((row) => row.recipient_id === user)
  await Promise.all(
    mine
      .filter(({ status }) => status === 'sent')
      .map(({ message_id }) => cassandra.query(STATUS, ['delivered', conversation, message_id])),
  )
  return {
    messages: mine.map((row) => ({
      message: row.message_id,
      from: row.sender_id.toString(),
      content: row.content,
      mediaUrl: row.media_url ?? undefined,
    })),
    until: rows.length === MOST_NEW ? rows.at(-1)?.message_id : undefined,
  }
}

/** Somebody has read messages. @throws OperationFailure */
export async function markRead(
  { cassandra }: TextServer,
  { conversation, messages }: AskOf<'read'>,
): Promise<void> {
  await Promise.all(messages.map((message) => cassandra.query(STATUS, ['read', conversation, message])))
}

/** The newest rows of a conversation that are a user's, of its newest fifty. @throws OperationFailure */
export async function readHistory(
  { cassandra }: TextServer,
  user: bigint,
  { conversation }: AskOf<'history'>,
): Promise<TextAnswers['history']> {
  const rows = await cassandra.query<MessageRow>(NEWEST, [conversation])
  const mine = rows.filter((row) => row.recipient_id === user || row.sender_id === user)
  return { messages: mine.map((row) => row.message_id) }
}
