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
