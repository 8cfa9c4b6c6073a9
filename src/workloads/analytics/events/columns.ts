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

/**
 * Columns whose values go by another one, which the table does not keep: of addresses the kept part is computed from what
 * was sent, and values that repeat make their dictionary from a whole block at once: where each one is looked
 * up by itself, an event takes ClickHouse 1.6 times as long to read (docs/analytics.md).
 */
const SENT: Readonly<Record<string, string>> = {
  event_type: 'type_sent',
  page_url: 'page_sent',
  referrer: 'referrer_sent',
  user_agent: 'agent_sent',
  country: 'country_sent',
  region: 'region_sent',
  city: 'city_sent',
  device_type: 'device_sent',
  browser: 'browser_sent',
}

/** Where the values of a row go: what Kafka says of it, and then those of the event. */
export const ROW_COLUMNS: readonly string[] = [
  'batch_position',
  'kafka_partition',
  'kafka_offset',
  'batch_id',
  'received_time',
  ...ENCODED_COLUMNS.map((name) => SENT[name] ?? name),
]
