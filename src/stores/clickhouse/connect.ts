import { countRoundTrip } from '../../core/cost.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import type { ClickHouseAsk, ClickHouseClient, QueryAnswer } from './client.ts'
import { quoted } from './names.ts'
import { openSender } from './send.ts'
import type { Sender } from './send.ts'

const SETTINGS = { output_format_json_quote_64bit_integers: 1, output_format_json_quote_decimals: 1 } as const

/** JSONCompact; it may be large, so nothing checks each value of it. */
interface Body {
  readonly meta: readonly { readonly name: string }[]
  readonly data: readonly (readonly unknown[])[]
  readonly statistics: {
    readonly elapsed: number
    readonly rows_read: number
    readonly bytes_read: number
  }
}

/** Rows, and what was read for them, from a format that says both. */
function answerOf<Row>(text: string): QueryAnswer<Row> {
  const { meta, data, statistics } = JSON.parse(text) as Body
  const names = meta.map(({ name }) => name)
  return {
    rows: data.map((values) => Object.fromEntries(names.map((name, index) => [name, values[index]])) as Row),
    rowsRead: statistics.rows_read,
    bytesRead: statistics.bytes_read,
    elapsedMs: statistics.elapsed * 1000,
  }
}

/** What makes and drops databases, whatever became of the client's own. */
function databasesOver(
  sender: Sender,
): Pick<ClickHouseClient, 'databaseExists' | 'createDatabase' | 'dropDatabase'> {
  return {
    async databaseExists(name) {
      const text =
        'SELECT count() AS found FROM system.databases WHERE name = {name:String} FORMAT TabSeparated'
      return (await sender.send(undefined, text, { parameters: { name } })).text === '1\n'
    },
    async createDatabase(name) {
      await sender.send(undefined, `CREATE DATABASE ${quoted(name)}`, {})
    },
    async dropDatabase(name) {
      await sender.send(undefined, `DROP DATABASE IF EXISTS ${quoted(name)} SYNC`, {})
    },
  }
}

function clientOver(
  sender: Sender,
  database: string | undefined,
  known: Map<string, ClickHouseClient>,
): ClickHouseClient {
  async function command(text: string, ask: ClickHouseAsk = {}): Promise<void> {
    const answer = await sender.send(database, text, ask)
    if (ask.cost === undefined) return
    countRoundTrip(ask.cost, 'clickhouse', 1, answer.rowsWritten, text.length + answer.text.length)
  }

  async function query<Row extends object>(text: string, ask: ClickHouseAsk = {}): Promise<QueryAnswer<Row>> {
    const settings = { ...SETTINGS, ...ask.settings }
    const { text: said } = await sender.send(database, `${text}\nFORMAT JSONCompact`, { ...ask, settings })
    const answer = answerOf<Row>(said)
    if (ask.cost !== undefined)
      countRoundTrip(ask.cost, 'clickhouse', 1, answer.rows.length, text.length + said.length)
    return answer
  }

  return {
    store: 'clickhouse',
    command,
    query,
    withDatabase(other) {
      quoted(other)
      const client = known.get(other) ?? clientOver(sender, other, known)
      known.set(other, client)
      return client
    },
    async insert(table, format, body, ask = {}) {
      const { columns, ...rest } = ask
      const listed = columns === undefined ? '' : ` (${columns.map(quoted).join(', ')})`
      const chunks = Buffer.isBuffer(body) ? [body] : body
      const bytes = chunks.reduce((total, chunk) => total + chunk.length, 0)
      if (bytes === 0) return
      const text = `INSERT INTO ${quoted(table)}${listed} FORMAT ${format}`
      const { rowsWritten } = await sender.send(database, text, rest, chunks)
      if (ask.cost !== undefined) countRoundTrip(ask.cost, 'clickhouse', 1, rowsWritten, bytes)
    },
    ...databasesOver(sender),
    async tableNames() {
      const { rows } = await query<{ name: string }>(
        'SELECT name FROM system.tables WHERE database = currentDatabase() AND NOT is_temporary ORDER BY name',
      )
      return rows.map(({ name }) => name)
    },
    close: () => sender.close(),
  }
}

/** A client of one server, with up to `poolSize` connections that are opened as they are needed. */
export function openClickHouse(endpoint: StoreEndpoint, options: ConnectOptions): ClickHouseClient {
  return clientOver(openSender(endpoint, options), endpoint.database, new Map())
}
