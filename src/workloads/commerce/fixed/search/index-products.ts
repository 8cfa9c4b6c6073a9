import { OperationFailure } from '../../../../core/errors.ts'
import type {
  BulkOperation,
  BulkOptions,
  ElasticsearchClient,
} from '../../../../stores/elasticsearch/client.ts'
import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import { meanRating } from './document.ts'
import type { ProductDocument } from './document.ts'

interface IndexedRow {
  readonly product_id: bigint
  readonly status: string
  readonly version: bigint
  readonly title: string
  readonly description: string
  readonly brand: string
  readonly category_id: number
  readonly price_minor: bigint
  readonly currency: string
  readonly rating_sum: number
  readonly review_count: number
  readonly created_at: Date
}

const COLUMNS = `p.product_id, p.status, p.version, p.title, p.description, coalesce(p.brand, '') AS brand, p.category_id,
  p.price_minor, p.currency, p.rating_sum, p.review_count, p.created_at`

/** The rows that an index is made from: `product_id` in `$1`. */
export const PRODUCTS_BY_ID: Statement = {
  name: 'commerce_index_by_id',
  text: `SELECT ${COLUMNS} FROM unnest($1::bigint[]) AS wanted(product_id)
JOIN product_directory d ON d.product_id = wanted.product_id
JOIN products p ON p.category_id = d.category_id AND p.product_id = d.product_id`,
}

/** All of them, behind `$1`, at most `$2`, in the order of ids. */
export const PRODUCTS_BEHIND: Statement = {
  name: 'commerce_index_behind',
  text: `SELECT ${COLUMNS} FROM product_directory d
JOIN products p ON p.category_id = d.category_id AND p.product_id = d.product_id
WHERE d.product_id > $1 ORDER BY d.product_id LIMIT $2`,
}

function operationOf(row: IndexedRow): BulkOperation {
  const id = row.product_id.toString()
  // What is not sold is not found: a tombstone, which no older write gets past (E-35, E-39).
  if (row.status !== 'active') return { kind: 'delete', id, version: row.version }
  const document: ProductDocument = {
    product_id: id,
    title: row.title,
    description: row.description,
    brand: row.brand,
    category: row.category_id,
    price_minor: row.price_minor,
    currency: row.currency,
    rating: meanRating(row.rating_sum, row.review_count),
    review_count: row.review_count,
    created_at: row.created_at.toISOString(),
  }
  return { kind: 'index', id, document, version: row.version }
}

/** What became of a row in an index. */
export interface IndexedProduct {
  readonly productId: bigint
  readonly version: bigint
  /** False where the index had this version or a later one. */
  readonly isNews: boolean
}

async function bringRows(
  queries: PostgresQueries,
  elasticsearch: ElasticsearchClient,
  index: string,
  statement: Statement,
  values: Parameters<PostgresQueries['query']>[1],
  options?: BulkOptions,
): Promise<readonly IndexedProduct[]> {
  const rows = await queries.query<IndexedRow>(statement, values)
  if (rows.length === 0) return []
  const outcomes = await elasticsearch.bulk(index, rows.map(operationOf), undefined, options)
  const failed = outcomes.find((outcome) => outcome.outcome === 'failed')
  if (failed !== undefined)
    throw new OperationFailure('unexpected', `a product was not indexed: ${failed.reason}`)
  return rows.map(({ product_id: productId, version }, position) => ({
    productId,
    version,
    isNews: outcomes[position]?.outcome === 'done',
  }))
}

/**
 * Brings the rows that a statement answers into an index, each under its row's version: indexers that finish out of order
 * leave the newest (E-35). Answers the ids, ascending where the statement's are.
 * @throws OperationFailure when any of them could not be indexed
 */
export async function indexRows(
  queries: PostgresQueries,
  elasticsearch: ElasticsearchClient,
  index: string,
  statement: Statement,
  values: Parameters<PostgresQueries['query']>[1],
): Promise<readonly bigint[]> {
  const brought = await bringRows(queries, elasticsearch, index, statement, values)
  return brought.map(({ productId }) => productId)
}

/**
 * Brings products into an index as `indexRows` does, and answers when searches see them: at its next refresh.
 * @throws OperationFailure when any of them could not be indexed
 */
export function showProducts(
  queries: PostgresQueries,
  elasticsearch: ElasticsearchClient,
  index: string,
  products: readonly string[],
): Promise<readonly IndexedProduct[]> {
  return bringRows(queries, elasticsearch, index, PRODUCTS_BY_ID, [products], { waitsForRefresh: true })
}
