import { readFile } from 'node:fs/promises'
import type { VariantName } from '../../core/names.ts'
import type { SchemaDifference } from '../../core/workload.ts'
import type { ClickHouseClient } from '../../stores/clickhouse/client.ts'
import { DATABASES } from './stores.ts'

const FILES: Readonly<Record<VariantName, string>> = {
  fixed: 'schemas/analytics/clickhouse.sql',
  'as-written': 'schemas/analytics/as-written.sql',
}
const ABSENT = 'nothing'

/** The text of a file of schemas/analytics. The package root is equally far from `src` and from `dist`. */
export async function schemaText(file: string): Promise<string> {
  return readFile(new URL(`../../../${file}`, import.meta.url), 'utf8')
}

/** The statements of a file: each ends with a semicolon at the end of a line. */
export function statementsOf(text: string): readonly string[] {
  return text
    .split(/;[ \t]*$/m)
    .map((statement) => statement.replaceAll(/^--.*$/gm, '').trim())
    .filter((statement) => statement !== '')
}

/** Makes the tables and views of a variant in the client's database where they are not there yet. */
export async function createTables(clickhouse: ClickHouseClient, variant: VariantName): Promise<void> {
  for (const statement of statementsOf(await schemaText(FILES[variant]))) await clickhouse.command(statement)
}

interface Described {
  readonly object: string
  readonly description: string
}

// What is not the same in two databases is left out: their name, and identifiers.
const DESCRIBE = `SELECT concat('table ', name) AS object, replaceRegexpAll(create_table_query, concat(database, '\\\\.'), '') AS description FROM system.tables WHERE database = {database:String} AND NOT startsWith(name, '.inner')`

async function described(
  clickhouse: ClickHouseClient,
  database: string,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await clickhouse.query<Described>(DESCRIBE, { parameters: { database } })
  return new Map(rows.map(({ object, description }) => [object, description]))
}

/**
 * The live tables and views against the declared ones, which are made in a database of their own for it and dropped.
 * @throws OperationFailure
 */
export async function tableDifferences(
  server: ClickHouseClient,
  variant: VariantName,
): Promise<readonly SchemaDifference[]> {
  const database = DATABASES[variant]
  const scratch = `${database}_declared`
  const declaredClient = server.withDatabase(scratch)
  await server.dropDatabase(scratch)
  await server.createDatabase(scratch)
  try {
    await createTables(declaredClient, variant)
    const declared = await described(server, scratch)
    const live = await described(server, database)
    return [...new Set([...declared.keys(), ...live.keys()])].toSorted().flatMap((object) => {
      const expected = declared.get(object) ?? ABSENT
      const found = live.get(object) ?? ABSENT
      return expected === found ? [] : [{ object, expected, found }]
    })
  } finally {
    await server.dropDatabase(scratch)
  }
}
