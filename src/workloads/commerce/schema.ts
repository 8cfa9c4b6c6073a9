import type { VariantName } from '../../core/names.ts'
import type { DeclaredSchema } from '../../patterns/schema/files.ts'
import { DATABASES } from './stores.ts'

const FILES: Readonly<Record<VariantName, readonly string[]>> = {
  fixed: ['postgres', 'checkout', 'fulfilment', 'unit-rows', 'saga', 'search'].map(
    (name) => `schemas/commerce/${name}.sql`,
  ),
  'as-written': ['schemas/commerce/as-written.sql'],
}

const MONTHLY: Readonly<Record<VariantName, readonly string[]>> = {
  fixed: ['orders', 'order_items', 'order_item_allocations', 'inventory_transactions'],
  'as-written': ['orders', 'inventory_transactions'],
}

/** How a variant declares its tables and functions. */
export function commerceSchema(variant: VariantName): DeclaredSchema {
  return {
    workload: 'commerce',
    database: DATABASES[variant]?.postgres ?? '',
    files: FILES[variant] ?? [],
    monthly: MONTHLY[variant] ?? [],
  }
}
