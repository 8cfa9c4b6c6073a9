import type { CassandraClient } from '../../../../stores/cassandra/client.ts'
import { keyOf } from '../../as-written/content.ts'
import { allRows } from '../../rows.ts'

const MESSAGES = {
  text: 'SELECT conversation_id, message_id, sender_id, recipient_id, content, status FROM messages',
  idempotent: true,
} as const

interface Row {
  readonly conversation_id: string
  readonly message_id: string
  readonly sender_id: bigint
  readonly recipient_id: bigint
  readonly content: string
  readonly status: string
}

/** A row of the text's messages. */
export interface StoredMessage {
  readonly conversation: string
  readonly message: string
  readonly sender: bigint
  readonly recipient: bigint
  /** What its sender named it. */
  readonly key: string
  readonly status: string
}

/** All rows of the text's messages. @throws OperationFailure */
export async function* storedMessages(cassandra: CassandraClient): AsyncGenerator<StoredMessage> {
  for await (const row of allRows<Row>(cassandra, MESSAGES))
    yield {
      conversation: row.conversation_id,
      message: row.message_id,
      sender: row.sender_id,
      recipient: row.recipient_id,
      key: keyOf(row.content),
      status: row.status,
    }
}

const INBOX = {
  text: 'SELECT user_id, conversation_id, last_message_time, unread_count FROM user_inbox',
  idempotent: true,
} as const

/** A row of the text's inbox. */
export interface InboxRow {
  readonly user_id: bigint
  readonly conversation_id: string | null
  readonly last_message_time: string
  readonly unread_count: number | null
}

/** All rows of the text's inboxes, newest first in each. @throws OperationFailure */
export function inboxRows(cassandra: CassandraClient): AsyncGenerator<InboxRow> {
  return allRows<InboxRow>(cassandra, INBOX)
}
