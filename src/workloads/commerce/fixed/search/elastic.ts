import type { Cost } from '../../../../core/cost.ts'
import type { ElasticsearchClient } from '../../../../stores/elasticsearch/client.ts'
import { encodeCursor } from './cursor.ts'
import type { SearchCursor } from './cursor.ts'
import { searchBody } from './query.ts'
import type { SearchTerms } from './query.ts'

/** The alias that searches ask; the index behind it may be another after a rebuild. */
export const PRODUCTS_ALIAS = 'products'

/** Longer than this, PostgreSQL answers. */
const TIMEOUT_MS = 300
/** How long a reader may look at a page before the next. */
const VIEW_SECONDS = 60

/** What either engine found: ids in the order of rank. */
export interface Found {
  readonly ids: readonly string[]
  readonly total: number
  readonly relation: 'eq' | 'gte'
  readonly next: string | undefined
}

/**
 * Asks Elasticsearch. The first page is of the index as it is; from the second on, pages are of one frozen view.
 * @throws OperationFailure `unavailable`, or `timeout` after `timeoutMs`
 */
export async function askElasticsearch(
  elasticsearch: ElasticsearchClient,
  terms: SearchTerms,
  cursor: SearchCursor | undefined,
  cost: Cost,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Found> {
  const shown = cursor?.page ?? 0
  const view =
    cursor === undefined
      ? undefined
      : (cursor.view ?? (await elasticsearch.openPointInTime(PRODUCTS_ALIAS, VIEW_SECONDS)))
  const body = {
    ...searchBody(terms),
    ...(view === undefined ? {} : { pit: { id: view, keep_alive: `${VIEW_SECONDS}s` } }),
    // A cursor that PostgreSQL gave says how many pages were shown, not behind which score.
    ...(cursor === undefined
      ? {}
      : cursor.sort === undefined
        ? { from: shown * terms.limit }
        : { search_after: cursor.sort }),
  }
  const answer = await elasticsearch.search(
    { ...(view === undefined ? { index: PRODUCTS_ALIAS } : {}), body, timeoutMs },
    cost,
  )
  const last = answer.hits.at(-1)
  const isLast = answer.hits.length < terms.limit || last === undefined
  const held = answer.pointInTime ?? view
  return {
    ids: answer.hits.map(({ id }) => id),
    total: answer.total,
    relation: answer.relation,
    next: isLast
      ? undefined
      : encodeCursor({
          page: shown + 1,
          sort: [Number(last.sort[0]), String(last.sort[1])],
          ...(held === undefined ? {} : { view: held }),
        }),
  }
}
