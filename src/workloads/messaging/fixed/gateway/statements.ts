import type { CassandraStatement } from '../../../../stores/cassandra/client.ts'

function idempotent(text: string): CassandraStatement {
  return { text, idempotent: true }
}

/** A message as it stays. What is bound twice leaves one row (M-02). */
export const INSERT_MESSAGE: CassandraStatement = idempotent(
  'INSERT INTO messages (conversation_id, bucket, message_id, sender_id, sender_device, client_key, envelope) VALUES (?, ?, ?, ?, ?, ?, ?)',
)
/** The same where the server only forwards: gone after a while whoever has it (M-18). */
export const INSERT_FORWARDED: CassandraStatement = idempotent(
  'INSERT INTO messages (conversation_id, bucket, message_id, sender_id, sender_device, client_key, envelope) VALUES (?, ?, ?, ?, ?, ?, ?) USING TTL ?',
)
export const INSERT_SENT_KEY: CassandraStatement = idempotent(
  'INSERT INTO sent_keys (user_id, device_id, client_key, message_id) VALUES (?, ?, ?, ?)',
)
export const SELECT_SENT_KEY: CassandraStatement = idempotent(
  'SELECT message_id FROM sent_keys WHERE user_id = ? AND device_id = ? AND client_key = ?',
)
export const SELECT_LEFT: CassandraStatement = idempotent(
  'SELECT message_id, sender_id, sender_device FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id > ? ORDER BY message_id ASC LIMIT ?',
)
/** Of what everybody has: one tombstone, which those behind it take up. */
export const DELETE_FORWARDED: CassandraStatement = idempotent(
  'DELETE FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id <= ?',
)
/** No null, which would be a tombstone (M-15): an envelope of no bytes. */
export const BLANK_MESSAGE: CassandraStatement = idempotent(
  'UPDATE messages USING TTL ? SET envelope = ? WHERE conversation_id = ? AND bucket = ? AND message_id = ?',
)
export const DELETE_BUCKET: CassandraStatement = idempotent(
  'DELETE FROM conversation_buckets WHERE conversation_id = ? AND bucket = ?',
)
/** What a conversation holds from a moment on, by who sent it and as what. */
export const SELECT_KEYS: CassandraStatement = idempotent(
  'SELECT message_id, sender_id, sender_device, client_key FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id > ?',
)
export const INSERT_BUCKET: CassandraStatement = idempotent(
  'INSERT INTO conversation_buckets (conversation_id, bucket) VALUES (?, ?)',
)
export const SELECT_BUCKETS: CassandraStatement = idempotent(
  'SELECT bucket FROM conversation_buckets WHERE conversation_id = ? AND bucket <= ?',
)
export const SELECT_PAGE: CassandraStatement = idempotent(
  'SELECT message_id, sender_id, sender_device, envelope FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id < ? LIMIT 50',
)
export const SELECT_AFTER: CassandraStatement = idempotent(
  'SELECT sender_id FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id > ? LIMIT ?',
)
export const SELECT_SINCE: CassandraStatement = idempotent(
  'SELECT message_id, sender_id, sender_device, envelope FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id > ?',
)
export const SELECT_MESSAGE: CassandraStatement = idempotent(
  'SELECT sender_id, sender_device, envelope FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id = ?',
)
export const SELECT_MEMBERS: CassandraStatement = idempotent(
  'SELECT user_id FROM members WHERE conversation_id = ?',
)
export const INSERT_MEMBER: CassandraStatement = idempotent(
  'INSERT INTO members (conversation_id, user_id, joined_at) VALUES (?, ?, ?)',
)
/** Of one who joins a conversation in which something may have been said. */
export const INSERT_LATER_MEMBER: CassandraStatement = idempotent(
  'INSERT INTO members (conversation_id, user_id, joined_at, joined_after) VALUES (?, ?, ?, ?)',
)
export const SELECT_JOINED: CassandraStatement = idempotent(
  'SELECT joined_after FROM members WHERE conversation_id = ? AND user_id = ?',
)
export const DELETE_MEMBER: CassandraStatement = idempotent(
  'DELETE FROM members WHERE conversation_id = ? AND user_id = ?',
)
export const SELECT_DEVICES: CassandraStatement = idempotent(
  'SELECT device_id, identity_key FROM devices WHERE user_id = ?',
)
export const SELECT_DEVICE: CassandraStatement = idempotent(
  'SELECT identity_key, last_resort, token_hash, registered_at FROM devices WHERE user_id = ? AND device_id = ?',
)
/** Of a user's devices one is the first, which nobody vouches for: of two that come at once, too. */
export const CLAIM_USER: CassandraStatement = {
  text: 'UPDATE users SET registered_at = ?, first_device = ? WHERE user_id = ? IF first_device = null',
  idempotent: false,
}
/** A device is registered once: who comes second is somebody else. */
export const INSERT_DEVICE: CassandraStatement = {
  text: 'INSERT INTO devices (user_id, device_id, identity_key, last_resort, token_hash, registered_at) VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS',
  idempotent: false,
}
export const INSERT_PACKAGE: CassandraStatement = idempotent(
  'INSERT INTO key_packages (user_id, device_id, key_id, package) VALUES (?, ?, ?, ?)',
)
export const SELECT_PACKAGES: CassandraStatement = idempotent(
  'SELECT key_id, package FROM key_packages WHERE user_id = ? AND device_id = ? AND key_id >= ? LIMIT 8',
)
/** Who is told that it was there has it alone (M-13). */
export const CLAIM_PACKAGE: CassandraStatement = {
  text: 'DELETE FROM key_packages WHERE user_id = ? AND device_id = ? AND key_id = ? IF EXISTS',
  idempotent: false,
}
export const INSERT_WAITING_KEY: CassandraStatement = idempotent(
  'INSERT INTO waiting_keys (user_id, device_id, key_id, conversation_id, sender_id, sender_device, sender_identity, wrapped) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
)
export const DELETE_WAITING_KEY: CassandraStatement = idempotent(
  'DELETE FROM waiting_keys WHERE user_id = ? AND device_id = ? AND key_id = ?',
)
export const SELECT_WAITING_KEYS: CassandraStatement = idempotent(
  'SELECT key_id, conversation_id, sender_id, sender_device, sender_identity, wrapped FROM waiting_keys WHERE user_id = ? AND device_id = ?',
)
export const SELECT_INBOX: CassandraStatement = idempotent(
  'SELECT conversation_id FROM inbox WHERE user_id = ?',
)
export const INSERT_INBOX: CassandraStatement = idempotent(
  'INSERT INTO inbox (user_id, conversation_id) VALUES (?, ?)',
)
export const DELETE_INBOX: CassandraStatement = idempotent(
  'DELETE FROM inbox WHERE user_id = ? AND conversation_id = ?',
)
export const SELECT_NEWEST: CassandraStatement = idempotent(
  'SELECT message_id FROM messages WHERE conversation_id = ? AND bucket = ? LIMIT 1',
)
/** The greater message wins, in whatever order they are written: a mark never goes back (M-06). */
export const INSERT_READ: CassandraStatement = idempotent(
  'INSERT INTO watermarks (user_id, conversation_id, read_message_id) VALUES (?, ?, ?) USING TIMESTAMP ?',
)
export const SELECT_READ: CassandraStatement = idempotent(
  'SELECT conversation_id, read_message_id FROM watermarks WHERE user_id = ?',
)
export const INSERT_DELIVERED_RECEIPT: CassandraStatement = idempotent(
  'INSERT INTO receipts (conversation_id, user_id, device_id, delivered_message_id) VALUES (?, ?, ?, ?) USING TIMESTAMP ?',
)
export const INSERT_READ_RECEIPT: CassandraStatement = idempotent(
  'INSERT INTO receipts (conversation_id, user_id, device_id, read_message_id) VALUES (?, ?, ?, ?) USING TIMESTAMP ?',
)
export const SELECT_RECEIPTS: CassandraStatement = idempotent(
  'SELECT user_id, device_id, delivered_message_id, read_message_id FROM receipts WHERE conversation_id = ?',
)
export const SELECT_DELIVERED: CassandraStatement = idempotent(
  'SELECT delivered_message_id FROM receipts WHERE conversation_id = ? AND user_id = ? AND device_id = ?',
)
export const INSERT_CONVERSATION: CassandraStatement = idempotent(
  'INSERT INTO conversations (conversation_id, kind, created_at) VALUES (?, ?, ?)',
)
export const SELECT_CONVERSATION: CassandraStatement = idempotent(
  'SELECT kind FROM conversations WHERE conversation_id = ?',
)
export const SELECT_QUEUE_BUCKETS: CassandraStatement = idempotent(
  'SELECT bucket FROM device_queue_buckets WHERE user_id = ? AND device_id = ?',
)
export const SELECT_QUEUE: CassandraStatement = idempotent(
  'SELECT position, entry, payload FROM device_queue WHERE user_id = ? AND device_id = ? AND bucket = ? AND position > ? LIMIT 100',
)
export const INSERT_QUEUE: CassandraStatement = idempotent(
  'INSERT INTO device_queue (user_id, device_id, bucket, position, entry, payload) VALUES (?, ?, ?, ?, ?, ?) USING TTL ?',
)
/** It outlives what it names: what is there by name alone has expired (MSG-06). */
export const INSERT_QUEUE_NAME: CassandraStatement = idempotent(
  'INSERT INTO device_queue_names (user_id, device_id, bucket, position, entry) VALUES (?, ?, ?, ?, ?)',
)
export const SELECT_QUEUE_NAMES: CassandraStatement = idempotent(
  'SELECT position, entry FROM device_queue_names WHERE user_id = ? AND device_id = ? AND bucket = ? AND position > ? LIMIT 100',
)
export const INSERT_QUEUE_INDEX: CassandraStatement = idempotent(
  'INSERT INTO device_queue_buckets (user_id, device_id, bucket) VALUES (?, ?, ?)',
)

/** The same of what waits and of its names, which are of one partition, and go in one write. */
function ofQueue(where: string): readonly CassandraStatement[] {
  return ['device_queue', 'device_queue_names'].map((table) =>
    idempotent(`DELETE FROM ${table} WHERE user_id = ? AND device_id = ? AND bucket = ?${where}`),
  )
}

/** Of what was taken: one tombstone, and never one a message (M-08). */
export const DELETE_QUEUE_TAKEN: readonly CassandraStatement[] = ofQueue(' AND position <= ?')
/** Of the whole partition. */
export const DELETE_QUEUE_BUCKET: readonly CassandraStatement[] = ofQueue('')
export const DELETE_QUEUE_RANGE: readonly CassandraStatement[] = ofQueue(
  ' AND position >= ? AND position <= ?',
)
export const DELETE_QUEUE_INDEX: CassandraStatement = idempotent(
  'DELETE FROM device_queue_buckets WHERE user_id = ? AND device_id = ? AND bucket = ?',
)
export const DELETE_DEVICE: CassandraStatement = idempotent(
  'DELETE FROM devices WHERE user_id = ? AND device_id = ?',
)
export const SELECT_USER: CassandraStatement = idempotent('SELECT user_id FROM users WHERE user_id = ?')
export const DELETE_USER: CassandraStatement = idempotent('DELETE FROM users WHERE user_id = ?')
export const DELETE_PACKAGES: CassandraStatement = idempotent(
  'DELETE FROM key_packages WHERE user_id = ? AND device_id = ?',
)
export const DELETE_WAITING_KEYS: CassandraStatement = idempotent(
  'DELETE FROM waiting_keys WHERE user_id = ? AND device_id = ?',
)
export const DELETE_USER_INBOX: CassandraStatement = idempotent('DELETE FROM inbox WHERE user_id = ?')
/** Marks that a gateway writes later are of messages before it, and older. */
export const DELETE_USER_RECEIPTS: CassandraStatement = idempotent(
  'DELETE FROM receipts WHERE conversation_id = ? AND user_id = ?',
)
export const DELETE_USER_WATERMARKS: CassandraStatement = idempotent(
  'DELETE FROM watermarks WHERE user_id = ?',
)
