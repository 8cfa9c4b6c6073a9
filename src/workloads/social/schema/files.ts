import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { VariantName } from '../../../core/names.ts'

const FILES: Readonly<Record<VariantName, string>> = {
  fixed: 'schemas/social/postgres.sql',
  'as-written': 'schemas/social/as-written.sql',
}

/** A schema file, its path relative to the package for messages. */
export interface SchemaFile {
  readonly path: string
  readonly text: string
  /** Changes with the content. */
  readonly digest: string
}

/** The file that declares a variant's tables. The package root is equally far from `src` and from `dist`. */
export async function schemaFile(variant: VariantName): Promise<SchemaFile> {
  const path = FILES[variant] ?? ''
  const text = await readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8')
  return { path, text, digest: createHash('sha256').update(text).digest('hex').slice(0, 16) }
}
