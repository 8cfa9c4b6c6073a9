import type { Cost } from '../../../../core/cost.ts'
import type { PostgresClient, SqlValue, Statement } from '../../../../stores/postgres/client.ts'
import { encodeCursor } from './cursor.ts'
import type { Found } from './elastic.ts'
import type { SearchTerms } from './query.ts'

interface Ranked {
  readonly product_id: bigint
  readonly total: number
}

const RATED = '(1 + 0.05 * coalesce(p.rating_sum::float8 / nullif(p.review_count, 0), 0))'
const FILTERS = `p.status = 'active' AND ($2::integer IS NULL OR p.category_id = $2) AND ($3::text IS NULL OR p.brand = $3)
  AND ($4::bigint IS NULL OR p.price_minor >= $4) AND ($5::bigint IS NULL OR p.price_minor <= $5)`

// Any of the words, as Elasticsearch does it. The lexemes are the server's own, so nothing of the query is read as syntax.
const BY_WORDS: Statement = {
  name: 'commerce_search_words',
  text: `SELECT p.product_id, count(*) OVER ()::integer AS total
FROM products p, (
  SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery AS words FROM unnest(to_tsvector('simple', $1))) asked
WHERE p.search @@ asked.words AND ${FILTERS}
ORDER BY ts_rank('{0.1, 0.33, 0.66, 1}', p.search, asked.words) * ${RATED} DESC, p.product_id DESC
LIMIT $6 OFFSET $7`,
}

// Word by word, so that each is one look into the trigram index of the titles.
const BY_TRIGRAMS: Statement = {
  name: 'commerce_search_trigrams',
  text: `SELECT p.product_id, count(*) OVER ()::integer AS total
FROM (
  SELECT p.category_id, p.product_id, sum(word_similarity(asked.word, p.title)) AS likeness
  FROM unnest(string_to_array($1, ' ')) AS asked(word) JOIN products p ON p.title %> asked.word
  GROUP BY 1, 2) alike
JOIN products p ON p.category_id = alike.category_id AND p.product_id = alike.product_id
WHERE ${FILTERS}
ORDER BY alike.likeness * ${RATED} DESC, p.product_id DESC LIMIT $6 OFFSET $7`,
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
