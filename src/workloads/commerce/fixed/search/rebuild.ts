import { readFile } from 'node:fs/promises'
import type { ElasticsearchClient, IndexDefinition } from '../../../../stores/elasticsearch/client.ts'
import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import { PRODUCTS_ALIAS } from './elastic.ts'
import { indexRows, PRODUCTS_BEHIND, PRODUCTS_BY_ID } from './index-products.ts'

/** Documents of one request. */
const BATCH = 1_000
/** Requests on their way at a time: the next batch is read and written while one is indexed. */
const IN_FLIGHT = 2
const FILE = 'schemas/commerce/elasticsearch.json'

const OLDEST: Statement = {
  name: 'commerce_rebuild_oldest',
  text: 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid',
}
// By transaction and not by `updated_at`: a row has its date before its transaction commits, however long that takes.
// What is long past may look new where transaction ids have come round; to index it again does no harm.
const CHANGED_SINCE: Statement = {
  name: 'commerce_rebuild_changed',
  text: 'SELECT product_id FROM products WHERE age(xmin) <= age($1::xid8::xid)',
}

/** The declared index. The package root is equally far from `src` and from `dist`. */
export async function productsDefinition(): Promise<IndexDefinition> {
  const text = await readFile(new URL(`../../../../../${FILE}`, import.meta.url), 'utf8')
  return JSON.parse(text) as IndexDefinition
}

async function fill(
  queries: PostgresQueries,
  elasticsearch: ElasticsearchClient,
  index: string,
  progress: (documents: number) => void,
): Promise<number> {
  let behind = 0n
  let documents = 0
  const lanes = new Set<Promise<unknown>>()
  try {
    for (;;) {
      const ids = await queries.query<{ product_id: bigint }>(NEXT_IDS, [behind, BATCH])
      const last = ids.at(-1)
      if (last === undefined) break
      const lane = indexRows(queries, elasticsearch, index, PRODUCTS_BEHIND, [behind, ids.length])
      behind = last.product_id
      documents += ids.length
      const settled = lane.finally(() => lanes.delete(settled))
      lanes.add(settled)
      if (lanes.size >= IN_FLIGHT) await Promise.race(lanes)
      progress(documents)
    }
    await Promise.all(lanes)
    return documents
  } finally {
    // Where one lane failed, the other would go on in an index that is being made again, and fail unheard.
    await Promise.allSettled(lanes)
  }
}

const NEXT_IDS: Statement = {
  name: 'commerce_rebuild_ids',
  text: 'SELECT product_id FROM product_directory WHERE product_id > $1 ORDER BY product_id LIMIT $2',
}

/**
 * Makes the search index anew from PostgreSQL, beside the one that answers, and lets the alias point to it in one step.
 * What changed meanwhile went to the old one: it is indexed again, under its version. Answers how many documents.
 */
export async function rebuildIndex(
  queries: PostgresQueries,
  elasticsearch: ElasticsearchClient,
  progress: (documents: number) => void,
): Promise<number> {
  const old = await elasticsearch.aliasOf(PRODUCTS_ALIAS)
  const fresh = old === `${PRODUCTS_ALIAS}-a` ? `${PRODUCTS_ALIAS}-b` : `${PRODUCTS_ALIAS}-a`
  // Whatever commits from now on has this transaction id or a higher one.
  const [oldest] = await queries.query<{ xid: string }>(OLDEST)
  // A rebuild that was interrupted may have left it half-filled.
  await elasticsearch.deleteIndex(fresh)
  await elasticsearch.createIndex(fresh, await productsDefinition())
  const documents = await fill(queries, elasticsearch, fresh, progress)
  await elasticsearch.refresh(fresh)
  await elasticsearch.putAlias(PRODUCTS_ALIAS, fresh)
  const changed = await queries.query<{ product_id: bigint }>(CHANGED_SINCE, [oldest?.xid ?? '0'])
  await indexRows(queries, elasticsearch, PRODUCTS_ALIAS, PRODUCTS_BY_ID, [
    changed.map((row) => row.product_id),
  ])
  if (old !== undefined) await elasticsearch.deleteIndex(old)
  return documents
}
