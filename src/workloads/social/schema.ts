import type { VariantName } from '../../core/names.ts'
import type { DeclaredSchema } from '../../patterns/schema/files.ts'
import { DATABASES } from './stores.ts'

const FILES: Readonly<Record<VariantName, string>> = {
  fixed: 'schemas/social/postgres.sql',
  'as-written': 'schemas/social/as-written.sql',
}

/** How a variant declares its tables. */
export function socialSchema(variant: VariantName): DeclaredSchema {
  return {
    workload: 'social',
    database: DATABASES[variant]?.postgres ?? '',
    files: [FILES[variant] ?? ''],
    monthly: ['posts', 'comments'],
  }
}
