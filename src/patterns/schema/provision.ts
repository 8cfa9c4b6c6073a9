import { ArchError } from '../../core/errors.ts'
import type { StepReport } from '../../core/population.ts'
import type { PostgresClient } from '../../stores/postgres/client.ts'
import { readBooks } from '../seed/books.ts'
import { readCatalog, sameCatalog } from './catalog.ts'
import { schemaDigest, schemaFiles } from './files.ts'
import type { DeclaredSchema } from './files.ts'

/**
 * Runs a variant's schema files in a database, each as one transaction: all of it, or nothing.
 * @throws ArchError (exit 3) naming the file and what the server said of it
 */
export async function runSchema(database: PostgresClient, schema: DeclaredSchema): Promise<void> {
  for (const { path, text } of await schemaFiles(schema)) {
    try {
      await database.execute(text)
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error
      throw new ArchError(
        `${path} does not run: ${error.message}`,
        `Mend the file, or the tables that were changed by hand (\`arch seed ${schema.workload}\` makes all of them again).`,
        3,
        error,
      )
    }
  }
}

/**
 * Makes the variant's database, tables, functions and partitions where they are not there yet. Idempotent: `changed` is
 * false when the catalog says the same before and after. A database that seeding made from another version of the files
 * is dropped and made again, since seeding can fill it again; one that was made otherwise is left to its owner.
 * @throws ArchError when a schema file does not run
 */
export async function provisionSchema(postgres: PostgresClient, schema: DeclaredSchema): Promise<StepReport> {
  const { database } = schema
  const exists = await postgres.databaseExists(database)
  const isOutdated = exists && (await wasSeededOtherwise(postgres, schema))
  if (isOutdated) await postgres.dropDatabase(database)
  if (isOutdated || !exists) await postgres.createDatabase(database)
  const before = await readCatalog(postgres)
  await runSchema(postgres, schema)
  const after = await readCatalog(postgres)
  if (isOutdated) return { changed: true, summary: `${database}: made again, its schema file has changed` }
  if (exists && sameCatalog(before, after)) {
    return { changed: false, summary: `${database}: all ${after.size} objects were there` }
  }
  const made = [...after.keys()].filter((object) => !before.has(object)).length
  return { changed: true, summary: `${database}: ${made} of ${after.size} objects made` }
}

async function wasSeededOtherwise(database: PostgresClient, schema: DeclaredSchema): Promise<boolean> {
  const books = await readBooks(database)
  return books !== undefined && books.schema !== (await schemaDigest(schema))
}
