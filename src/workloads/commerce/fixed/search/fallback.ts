import type { Cost } from '../../../../core/cost.ts'
import type { PostgresClient, SqlValue, Statement } from '../../../../stores/postgres/client.ts'
import { encodeCursor } from './cursor.ts'
import type { Found } from './elastic.ts'
import type { SearchTerms } from './query.ts'

interface Ranked {
  readonly product_id: bigint
  readonly total: number
}

// Functions of schemas/commerce/search.sql.
const BY_WORDS: Statement = {
  name: 'commerce_search_words',
  text: 'SELECT product_id, total FROM search_words($1, $2, $3, $4, $5, $6, $7)',
}
const BY_TRIGRAMS: Statement = {
  name: 'commerce_search_alike',
  text: 'SELECT product_id, total FROM search_alike($1, $2, $3, $4, $5, $6, $7)',
}

/**
 * Full text search in PostgreSQL: words first, and where no product has any of them, titles that look alike (ECM-92, E-41).
 * @param shown pages of this search that were shown before
 */
export async function askPostgres(
  postgres: PostgresClient,
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
  let rows = await postgres.query<Ranked>(BY_WORDS, values, cost)
  if (rows.length === 0) rows = await postgres.query<Ranked>(BY_TRIGRAMS, values, cost)
  return {
    ids: rows.map((row) => row.product_id.toString()),
    total: rows[0]?.total ?? 0,
    relation: 'eq',
    next: rows.length < limit ? undefined : encodeCursor({ page: shown + 1 }),
  }
}
