/** The columns of the values of an encoded event, in their order (`EVENT_VERSION`). */
export const ENCODED_COLUMNS: readonly string[] = [
  'event_id',
  'event_type',
  'user_id',
  'session_id',
  'page_url',
  'referrer',
  'user_agent',
  'country',
  'region',
  'city',
  'device_type',
  'browser',
  'duration_ms',
  'client_time',
]

/** Columns that take an address as it was sent; what is kept of it is computed from there. */
const SENT: Readonly<Record<string, string>> = { page_url: 'page_sent', referrer: 'referrer_sent' }

/** Where the values of a row go: what Kafka says of it, and then those of the event. */
export const ROW_COLUMNS: readonly string[] = [
  'batch_position',
  'kafka_partition',
  'kafka_offset',
  'batch_id',
  'received_time',
  ...ENCODED_COLUMNS.map((name) => SENT[name] ?? name),
]
