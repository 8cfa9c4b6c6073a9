import { z } from 'zod'
import type {
  CassandraClient,
  CassandraColumn,
  CassandraSchema,
  CassandraStatement,
  CassandraTable,
} from './client.ts'

const KINDS = ['partition_key', 'clustering', 'static', 'regular'] as const

function reading(text: string): CassandraStatement {
  return { text, idempotent: true }
}

const KEYSPACE = reading('SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?')
const TABLES = reading(
  `SELECT table_name, compaction, compression, default_time_to_live, gc_grace_seconds, caching, speculative_retry
     FROM system_schema.tables WHERE keyspace_name = ?`,
)
const COLUMNS = reading(
  `SELECT table_name, column_name, type, kind, position, clustering_order
     FROM system_schema.columns WHERE keyspace_name = ?`,
)
const INDEXES = reading('SELECT table_name, index_name FROM system_schema.indexes WHERE keyspace_name = ?')

const Texts = z.map(z.string(), z.string())
const Keyspaces = z.array(z.object({ replication: Texts }))
const Tables = z.array(
  z.object({ table_name: z.string() }).catchall(z.union([z.string(), z.number(), Texts])),
)
const Indexes = z.array(z.object({ table_name: z.string(), index_name: z.string() }))
const Columns = z.array(
  z.object({
    table_name: z.string(),
    column_name: z.string(),
    type: z.string(),
    kind: z.enum(KINDS),
    position: z.number(),
    clustering_order: z.enum(['asc', 'desc', 'none']),
  }),
)

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function compareColumns(one: CassandraColumn, other: CassandraColumn): number {
  return (
    KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) ||
    one.position - other.position ||
    compareText(one.name, other.name)
  )
}

/** Java says `org.apache.cassandra.db.compaction.` before the names that people write. */
function plain(value: string): string {
  return value.startsWith('org.apache.cassandra.') ? (value.split('.').at(-1) ?? value) : value
}

function optionsOf(
  options: Readonly<Record<string, string | number | Map<string, string>>>,
): Record<string, string> {
  const flat = Object.entries(options).flatMap(([name, value]): [string, string][] =>
    value instanceof Map
      ? [...value].map(([key, each]): [string, string] => [`${name}.${key}`, plain(each)])
      : [[name, plain(String(value))]],
  )
  return Object.fromEntries(flat.sort(([one], [other]) => compareText(one, other)))
}

/** The live schema of a keyspace, read from `system_schema`; undefined when there is none. */
export async function describe(
  query: CassandraClient['query'],
  keyspace: string,
): Promise<CassandraSchema | undefined> {
  const read = (statement: CassandraStatement): Promise<readonly object[]> =>
    query(statement, [keyspace], { consistency: 'LOCAL_ONE' })
  const [found] = Keyspaces.parse(await read(KEYSPACE))
  if (found === undefined) return undefined
  const columns = Columns.parse(await read(COLUMNS))
  const indexes = Indexes.parse(await read(INDEXES))
  const tables = Tables.parse(await read(TABLES)).map(({ table_name: name, ...options }): CassandraTable => ({
    name,
    columns: columns
      .filter((column) => column.table_name === name)
      .map(({ column_name, type, kind, position, clustering_order: order }): CassandraColumn => ({
        name: column_name,
        type,
        kind,
        position,
        order,
      }))
      .sort(compareColumns),
    options: optionsOf(options),
    indexes: indexes
      .filter((index) => index.table_name === name)
      .map(({ index_name: index }) => index)
      .sort(compareText),
  }))
  const replication = [...found.replication].map(([name, value]): [string, string] => [name, plain(value)])
  return {
    replication: Object.fromEntries(replication),
    tables: tables.sort((one, other) => compareText(one.name, other.name)),
  }
}
