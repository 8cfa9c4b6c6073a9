import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { WorkloadName } from '../../core/names.ts'

/** How a variant declares its PostgreSQL tables: files that are run in order, as one transaction. */
export interface DeclaredSchema {
  readonly workload: WorkloadName
  readonly database: string
  /** Paths relative to the package, e.g. `schemas/social/postgres.sql`. */
  readonly files: readonly string[]
  /** The tables that `ensure_month_partition` of the files knows. */
  readonly monthly: readonly string[]
}

/** A schema file, its path relative to the package for messages. */
export interface SchemaFile {
  readonly path: string
  readonly text: string
}

/** The files that declare a variant's tables. The package root is equally far from `src` and from `dist`. */
export function schemaFiles(schema: DeclaredSchema): Promise<SchemaFile[]> {
  return Promise.all(
    schema.files.map(async (path) => ({
      path,
      text: await readFile(new URL(`../../../${path}`, import.meta.url), 'utf8'),
    })),
  )
}

/** Changes with the content of any of the files. */
export async function schemaDigest(schema: DeclaredSchema): Promise<string> {
  const hash = createHash('sha256')
  for (const { text } of await schemaFiles(schema)) hash.update(text)
  return hash.digest('hex').slice(0, 16)
}
