import type { Cost } from '../../../../core/cost.ts'
import type { Statement } from '../../../../stores/postgres/client.ts'
import type { Services } from '../services.ts'
import { listOf } from './ids.ts'
import type { IdSource } from './ids.ts'

/** Above every id: the cursor of a first page. */
const NEWEST = '9223372036854775807'

const PAGE: Statement = { name: 'feed_below', text: 'SELECT feed_below($1, $2, $3) AS posts' }

/**
 * A page of a reader's feed merged in PostgreSQL, whatever Redis holds: pages past the end of the stored feed (S-23),
 * and every page of fanout=pull. A block has removed the follows of both, so followed authors are visible ones.
 */
export async function databasePage(
  services: Services,
  reader: string,
  before: string,
  want: number,
  cost: Cost,
): Promise<IdSource> {
  const rows = await services.postgres.query<{ posts: string }>(
    PAGE,
    [reader, before === '' ? NEWEST : before, want],
    cost,
  )
  const ids = listOf(rows[0]?.posts ?? '')
  return { ids, complete: ids.length < want }
}
