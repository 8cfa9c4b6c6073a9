import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import type { PostgresQueries } from '../../../../stores/postgres/client.ts'

/** What a table holds, whatever the order of its rows: their number, and the sum of a hash of each. */
export interface Content {
  readonly rows: bigint
  readonly hash: bigint
}

const TEXTS = 'event_type, page_url, referrer, user_agent, country, region, city, device_type, browser'

// The first 32 bits of the MD5 of all values of a row, in both engines. A sum of so many cannot pass 63 bits.
const POSTGRES = {
  name: 'experiment_content',
  text: `SELECT count(*) AS rows, coalesce(sum(('x' || left(md5(concat_ws('|', event_id, session_id, user_id,
  (extract(epoch FROM event_time) * 1000)::bigint, duration_ms, date, ${TEXTS})), 8))::bit(32)::bigint), 0)::bigint AS hash FROM events`,
}
const CLICKHOUSE = `SELECT count() AS rows, sum(reinterpretAsUInt32(reverse(substring(MD5(concatWithSeparator('|', toString(event_id),
  toString(session_id), toString(user_id), toString(toUnixTimestamp64Milli(event_time)), toString(duration_ms), toString(date), ${TEXTS})), 1, 4)))) AS hash FROM events`

/** What PostgreSQL holds. @throws OperationFailure */
export async function postgresContent(postgres: PostgresQueries): Promise<Content> {
  const [content] = await postgres.query<{ rows: bigint; hash: bigint }>(POSTGRES)
  return content ?? { rows: 0n, hash: 0n }
}

/** What ClickHouse holds. @throws OperationFailure */
export async function clickhouseContent(clickhouse: ClickHouseClient): Promise<Content> {
  const settings = { max_execution_time: 0 }
  const { rows } = await clickhouse.query<{ rows: string; hash: string }>(CLICKHOUSE, { settings })
  const [content] = rows
  return { rows: BigInt(content?.rows ?? 0), hash: BigInt(content?.hash ?? 0) }
}
