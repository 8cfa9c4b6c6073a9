import { readFile } from 'node:fs/promises'
import type { Cost } from '../../../core/cost.ts'
import { OperationFailure, Refusal } from '../../../core/errors.ts'
import type {
  BulkOperation,
  ElasticsearchClient,
  IndexDefinition,
} from '../../../stores/elasticsearch/client.ts'
import type { PostgresQueries } from '../../../stores/postgres/client.ts'

/** The text's index (l.672). */
export const PRODUCTS_INDEX = 'products'

const FILE = 'schemas/commerce/as-written-elasticsearch.json'
const BATCH = 1_000
/** Every document has this version, and an equal one is applied again: the last one to arrive stays. */
const VERSION = 1n

interface IndexedRow {
  readonly product_id: bigint
  readonly title: string
  readonly description: string | null
  readonly brand: string | null
  readonly category_id: number
  readonly price: string
  readonly created_at: Date
}

interface Reviewed {
  readonly rating: number
  readonly review_count: number
}

const COLUMNS = 'p.product_id, p.title, p.description, p.brand, p.category_id, p.price, p.created_at'
const RATING = 'coalesce(avg(rating), 0)::float8 AS rating'
const COUNT = 'count(*)::int AS review_count'

const SELECT_PRODUCT = {
  name: 'as_written_index_product',
  text: `SELECT ${COLUMNS} FROM products p WHERE p.product_id = $1`,
}

const GET_RATING = {
  name: 'as_written_get_product_rating',
  text: `SELECT ${RATING} FROM reviews WHERE product_id = $1`,
}

const GET_REVIEW_COUNT = {
  name: 'as_written_get_review_count',
  text: `SELECT ${COUNT} FROM reviews WHERE product_id = $1`,
}

const SELECT_MANY = {
  name: 'as_written_index_all',
  text: `SELECT ${COLUMNS}, r.rating, r.review_count FROM products p
         CROSS JOIN LATERAL (SELECT ${RATING}, ${COUNT} FROM reviews WHERE product_id = p.product_id) r
         WHERE p.product_id > $1 ORDER BY p.product_id LIMIT $2`,
}

/** The text's document (l.658-670): no status in it (E-39), the price a float (E-34). */
function operationOf(product: IndexedRow, { rating, review_count: reviewCount }: Reviewed): BulkOperation {
  const document = {
    product_id: product.product_id,
    title: product.title,
    description: product.description,
    brand: product.brand,
    category: product.category_id,
    price: Number(product.price),
    rating,
    review_count: reviewCount,
    created_at: product.created_at.toISOString(),
  }
  return { kind: 'index', id: product.product_id.toString(), document, version: VERSION }
}

async function write(
  elasticsearch: ElasticsearchClient,
  operations: readonly BulkOperation[],
  cost?: Cost,
): Promise<void> {
  const outcomes = await elasticsearch.bulk(PRODUCTS_INDEX, operations, cost, { versionType: 'external_gte' })
  const failed = outcomes.find((outcome) => outcome.outcome === 'failed')
  if (failed !== undefined)
    throw new OperationFailure('unexpected', `a product was not indexed: ${failed.reason}`)
}

/**
 * The text's `index_product` (l.653-672), statement by statement: the row, the rating, the count of the reviews, and the
 * document, whichever of two indexers is the last (E-35).
 * @throws Refusal `unknown-product`; OperationFailure when it could not be indexed
 */
export async function indexProduct(
  queries: PostgresQueries,
  elasticsearch: ElasticsearchClient,
  productId: bigint,
  cost: Cost,
): Promise<void> {
  const [product] = await queries.query<IndexedRow>(SELECT_PRODUCT, [productId], cost)
  if (product === undefined) throw new Refusal('unknown-product')
  const [rated] = await queries.query<Pick<Reviewed, 'rating'>>(GET_RATING, [productId], cost)
  const [counted] = await queries.query<Pick<Reviewed, 'review_count'>>(GET_REVIEW_COUNT, [productId], cost)
  const reviewed = { rating: rated?.rating ?? 0, review_count: counted?.review_count ?? 0 }
  await write(elasticsearch, [operationOf(product, reviewed)], cost)
}

/** The declared index. The package root is equally far from `src` and from `dist`. */
async function definition(): Promise<IndexDefinition> {
  const text = await readFile(new URL(`../../../../${FILE}`, import.meta.url), 'utf8')
  return JSON.parse(text) as IndexDefinition
}

/** An index of all products, as `index_product` would fill it one by one. Answers how many documents. */
export async function fillIndex(
  queries: PostgresQueries,
  elasticsearch: ElasticsearchClient,
  progress: (documents: number) => void,
): Promise<number> {
  await elasticsearch.deleteIndex(PRODUCTS_INDEX)
  await elasticsearch.createIndex(PRODUCTS_INDEX, await definition())
  let documents = 0
  let behind = 0n
  for (;;) {
    const rows = await queries.query<IndexedRow & Reviewed>(SELECT_MANY, [behind, BATCH])
    const last = rows.at(-1)
    if (last === undefined) break
    await write(
      elasticsearch,
      rows.map((row) => operationOf(row, row)),
    )
    behind = last.product_id
    documents += rows.length
    progress(documents)
  }
  await elasticsearch.refresh(PRODUCTS_INDEX)
  return documents
}
