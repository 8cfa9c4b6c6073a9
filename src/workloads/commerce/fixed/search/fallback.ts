import type { Cost } from '../../../../core/cost.ts'
import type { PostgresQueries, SqlValue, Statement } from '../../../../stores/postgres/client.ts'
import { encodeCursor } from './cursor.ts'
import type { Found } from './elastic.ts'
import type { SearchTerms } from './query.ts'

interface Ranked {
  readonly product_id: bigint
  readonly total: number
}

// The function of schemas/commerce/search.sql.
const SEARCH: Statement = {
  name: 'commerce_search_degraded',
  text: 'SELECT product_id, total FROM search_products($1, $2, $3, $4, $5, $6, $7)',
}

/**
 * Full text search in PostgreSQL; for words that no product has, titles that look alike (ECM-92, E-41).
 * @param shown pages of this search that were shown before
 */
export async function askPostgres(
  postgres: PostgresQueries,
  terms: SearchTerms,
  shown: number,
  cost: Cost,
): Promise<Found> {
  const { words, filters, limit } = terms
  const values: readonly SqlValue[] = [
    words,
    filters.categoryId ?? null,
    filters.brand ?? null,
    filters.priceMinMinor ?? null,
    filters.priceMaxMinor ?? null,
    limit,
    shown * limit,
  ]
  const rows = await postgres.query<Ranked>(SEARCH, values, cost)
  return {
    ids: rows.map((row) => row.product_id.toString()),
    total: rows[0]?.total ?? 0,
    relation: 'eq',
    next: rows.length < limit ? undefined : encodeCursor({ page: shown + 1 }),
  }
}
