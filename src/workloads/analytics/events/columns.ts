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
