import { exception } from './exceptions.ts'

/** Parameters of the URL that are the protocol's own; all others are settings. */
const RESERVED = new Set([
  'query',
  'database',
  'default_format',
  'user',
  'password',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'role',
  'quota_key',
  'stacktrace',
  'client_protocol_version',
  'close_session',
])
/** Settings of ClickHouse's HTTP server, which has no part here. */
const OF_HTTP =
  /^(wait_end_of_query|buffer_size|http_response_buffer_size|send_progress_in_http_headers|http_.*|enable_http_compression|add_http_cors_header|cancel_http_readonly_queries_on_client_close)$/
const NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/
const DEFAULT_SESSION_SECONDS = 60
const LONGEST_SESSION_SECONDS = 3600

/** One statement as the URL and the headers of a request say it, without its body. */
export interface Asked {
  /** Empty where the whole text is in the body. */
  readonly text: string
  readonly database: string | undefined
  readonly format: string
  readonly settings: readonly (readonly [name: string, value: string])[]
  readonly parameters: readonly (readonly [name: string, value: string])[]
  readonly session: { readonly id: string; readonly seconds: number } | undefined
  readonly compresses: boolean
  /** Whether the answer must be whole before its first byte is sent, so that its status is true. */
  readonly waits: boolean
  readonly queryId: string | undefined
}

function checked(name: string): string {
  if (NAME.test(name)) return name
  throw exception(115, 'UNKNOWN_SETTING', `Setting ${name} is neither a builtin setting nor a parameter`)
}

function sessionOf(search: URLSearchParams): Asked['session'] {
  const id = search.get('session_id')
  if (id === null || id === '') return undefined
  const asked = Number(search.get('session_timeout') ?? DEFAULT_SESSION_SECONDS)
  return { id, seconds: Math.min(LONGEST_SESSION_SECONDS, Number.isFinite(asked) ? asked : 60) }
}

/** Reads what is asked. A link may read, and change nothing. @throws Exception for what the daemon cannot do */
export function askedBy(
  search: URLSearchParams,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  isLink: boolean,
): Asked {
  if (search.get('compress') === '1' || search.get('decompress') === '1')
    throw exception(48, 'NOT_IMPLEMENTED', "ClickHouse's own compression is not spoken here, gzip is")
  const others = [...search].filter(([name]) => !RESERVED.has(name) && !/^(de)?compress$/.test(name))
  const header = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return {
    text: search.get('query') ?? '',
    database: search.get('database') || header('x-clickhouse-database'),
    format: search.get('default_format') || header('x-clickhouse-format') || 'TabSeparated',
    settings: [
      ...others
        .filter(([name]) => !name.startsWith('param_') && !OF_HTTP.test(name))
        .map(([name, value]) => [checked(name), value] as const),
      ...(isLink ? [['readonly', '2'] as const] : []),
    ],
    parameters: others
      .filter(([name]) => name.startsWith('param_'))
      .map(([name, value]) => [checked(name), value]),
    session: sessionOf(search),
    compresses:
      search.get('enable_http_compression') === '1' &&
      /\bgzip\b/.test(String(headers['accept-encoding'] ?? '')),
    waits: search.get('wait_end_of_query') === '1',
    queryId: header('x-clickhouse-query-id') ?? (search.get('query_id') || undefined),
  }
}
