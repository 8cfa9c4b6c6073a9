import type { Cost } from '../../../../core/cost.ts'
import { OperationFailure, Refusal } from '../../../../core/errors.ts'
import type { ElasticsearchClient, SearchAnswer } from '../../../../stores/elasticsearch/client.ts'
import { encodeCursor } from './cursor.ts'
import type { SearchCursor } from './cursor.ts'
import { misspeltWords, searchBody } from './query.ts'
import type { QueryWords, SearchTerms } from './query.ts'

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

/** Where in its view a page begins. A cursor that PostgreSQL gave says how many pages were shown, and nothing else. */
function startOf({ page, seen, sort }: SearchCursor, limit: number): object {
  if (sort !== undefined) return { search_after: sort }
  return seen === undefined ? { from: page * limit } : {}
}

function isViewGone(error: unknown): boolean {
  return error instanceof OperationFailure && error.kind === 'unexpected'
}

/**
 * Asks Elasticsearch, once more where words are misspelt. The first page is of the index as it is; from the second on, pages are of one frozen view, without
 * the first one's results: every change of the index moves all scores a little, so that none of them means anything there.
 * @throws OperationFailure `unavailable`, or `timeout` after `timeoutMs`, all requests together; Refusal `bad-cursor` for a view that is gone, or
 *   that never was
 */
export async function askElasticsearch(
  elasticsearch: ElasticsearchClient,
  terms: SearchTerms,
  cursor: SearchCursor | undefined,
  cost: Cost,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Found> {
  const seen = cursor?.seen ?? []
  const deadline = performance.now() + timeoutMs
  const leftMs = (): number => Math.max(1, deadline - performance.now())
  const view =
    cursor === undefined
      ? undefined
      : (cursor.view ?? (await elasticsearch.openPointInTime(PRODUCTS_ALIAS, VIEW_SECONDS, leftMs())))
  const searchFor = async (words: string | QueryWords): Promise<SearchAnswer<object>> => {
    const body = {
      ...searchBody({ ...terms, words }, seen),
      ...(view === undefined ? {} : { pit: { id: view, keep_alive: `${VIEW_SECONDS}s` } }),
      ...(cursor === undefined ? {} : startOf(cursor, terms.limit)),
    }
    return elasticsearch
      .search({ ...(view === undefined ? { index: PRODUCTS_ALIAS } : {}), body, timeoutMs: leftMs() }, cost)
      .catch((error: unknown) => {
        throw cursor?.view !== undefined && isViewGone(error) ? new Refusal('bad-cursor') : error
      })
  }
  const asTyped = await searchFor(terms.words)
  const misspelt = misspeltWords(terms.words, asTyped.suggest)
  const answer = misspelt === undefined ? asTyped : await searchFor(misspelt)
  const ids = answer.hits.map(({ id }) => id)
  return {
    ids,
    total: answer.total + seen.length,
    relation: answer.relation,
    next: nextOf(answer, ids, cursor, terms.limit),
  }
}

function nextOf(
  { hits, pointInTime }: SearchAnswer<object>,
  ids: readonly string[],
  cursor: SearchCursor | undefined,
  limit: number,
): string | undefined {
  const last = hits.at(-1)
  if (last === undefined || hits.length < limit) return undefined
  if (cursor === undefined) return encodeCursor({ page: 1, seen: ids })
  const { page, seen, view } = cursor
  const sort = [Number(last.sort[0]), String(last.sort[1])] as const
  return encodeCursor({ page: page + 1, seen, sort, view: pointInTime ?? view })
}
