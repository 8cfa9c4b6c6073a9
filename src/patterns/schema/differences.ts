import type { SchemaDifference } from '../../core/workload.ts'
import type { PostgresClient, Statement } from '../../stores/postgres/client.ts'
import { readCatalog } from './catalog.ts'
import type { Catalog } from './catalog.ts'
import type { DeclaredSchema } from './files.ts'
import { runSchema } from './provision.ts'

const ABSENT = 'nothing'
const MONTH = /^partition (\w+)_(\d{4})_(\d{2})$/

const ENSURE_MONTHS: Statement = {
  name: 'schema_ensure_months',
  text: `SELECT ensure_month_partition(parent, month::timestamptz)
FROM unnest($1::text[], $2::text[]) AS wanted(parent, month)`,
}

/**
 * The live schema of a variant against its declared one, object by object: columns, keys, checks, indexes, triggers,
 * functions, partitions and their bounds (SOC-28, SOC-40, SOC-48). The declared one is made by running the schema files
 * in a scratch database. Further months are no difference as long as their bounds are those of their names.
 */
export async function schemaDifferences(
  postgres: PostgresClient,
  schema: DeclaredSchema,
): Promise<readonly SchemaDifference[]> {
  const { database } = schema
  if (!(await postgres.databaseExists(database))) {
    return [{ object: `database ${database}`, expected: 'a database', found: ABSENT }]
  }
  const live = await readCatalog(postgres)
  return compareCatalogs(
    await declaredCatalog(postgres, schema, `${database}_declared_${process.pid}`, live),
    live,
  )
}

async function declaredCatalog(
  postgres: PostgresClient,
  schema: DeclaredSchema,
  scratchName: string,
  live: Catalog,
): Promise<Catalog> {
  await postgres.dropDatabase(scratchName)
  await postgres.createDatabase(scratchName)
  try {
    const scratch = postgres.withDatabase(scratchName)
    await runSchema(scratch, schema)
    const months = [...live.keys()].flatMap((object) => {
      const [, parent, year, month] = MONTH.exec(object) ?? []
      return parent !== undefined && schema.monthly.includes(parent)
        ? [{ parent, first: `${year ?? ''}-${month ?? ''}-01` }]
        : []
    })
    await scratch.query(ENSURE_MONTHS, [months.map(({ parent }) => parent), months.map(({ first }) => first)])
    return await readCatalog(scratch)
  } finally {
    await postgres.dropDatabase(scratchName)
  }
}

/** What differs between two catalogs, by object name. */
function compareCatalogs(declared: Catalog, live: Catalog): readonly SchemaDifference[] {
  const objects = [...new Set([...declared.keys(), ...live.keys()])].sort()
  return objects.flatMap((object) => {
    const expected = declared.get(object) ?? ABSENT
    const found = live.get(object) ?? ABSENT
    return expected === found ? [] : [{ object, expected, found }]
  })
}
