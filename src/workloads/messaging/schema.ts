import { readFile } from 'node:fs/promises'
import type { VariantName } from '../../core/names.ts'
import type { DeclaredKeyspace } from '../../patterns/keyspace.ts'
import { KEYSPACES } from './stores.ts'

const FILES: Readonly<Record<VariantName, string>> = {
  fixed: 'schemas/messaging/cassandra.cql',
  'as-written': 'schemas/messaging/as-written.cql',
}

/** The keyspace of a variant as its file declares it. */
export function declaredKeyspace(variant: VariantName): DeclaredKeyspace {
  return { keyspace: KEYSPACES[variant], files: [FILES[variant]] }
}

/** The statement that declares one table, as the file has it. @throws RangeError where it declares none of that name */
export async function declaredTable(variant: VariantName, table: string): Promise<string> {
  const text = await readFile(new URL(`../../../${FILES[variant]}`, import.meta.url), 'utf8')
  const [statement] = new RegExp(`^CREATE TABLE IF NOT EXISTS ${table} \\([^;]*;`, 'm').exec(text) ?? []
  if (statement === undefined) throw new RangeError(`${FILES[variant]} declares no table ${table}`)
  return statement
}
