import type { Cost } from '../../../../core/cost.ts'
import type { Statement } from '../../../../stores/postgres/client.ts'
import { keys } from '../keys.ts'
import type { Services } from '../services.ts'
import { END, KEPT, listOf, sourceOf } from './ids.ts'
import type { IdSource } from './ids.ts'
import { lead } from './lease.ts'
import { STORE_FEED } from './scripts.ts'

/**
 * How many ids a rebuild reads: five pages, for a reader who may not come again; what is older comes from PostgreSQL when
 * somebody asks. To store twice as many costs the server twice the time, and others wait for it.
 */
const REBUILT = 100
/** A reader who comes once holds memory this long (S-37, S-42). */
const PROBATION_SECONDS = 15

/** A feed as PostgreSQL holds it now. */
export interface RebuiltFeed {
  readonly feed: IdSource
  readonly pulls: readonly string[]
  readonly blocked: readonly string[]
}

interface RebuildRow {
  readonly newest: string
  readonly pulled: string
  readonly blocked: string
  readonly horizon: string
}

const REBUILD: Statement = {
  name: 'feed_rebuild',
  text: 'SELECT newest, pulled, blocked, horizon FROM rebuild_feed($1, $2, $3)',
}

interface ReadFeed extends RebuiltFeed {
  readonly row: RebuildRow
  /** The ids as they are stored: a complete list ends in its mark. */
  readonly list: string
}

async function readTables(services: Services, reader: string, cost: Cost): Promise<ReadFeed> {
  const pull = services.choice.fanout === 'hybrid'
  const rows = await services.postgres.query<RebuildRow>(REBUILD, [reader, REBUILT, pull], cost)
  const row = rows[0] ?? { newest: '', pulled: '', blocked: '', horizon: '0' }
  const full = listOf(row.newest).length >= REBUILT
  const list = full ? row.newest : row.newest === '' ? END : `${row.newest},${END}`
  return { feed: sourceOf(list), pulls: listOf(row.pulled), blocked: listOf(row.blocked), row, list }
}

/** The newest ids of a reader's feed from PostgreSQL, in one statement, stored nowhere (SOC-70, SOC-71). */
export function computeFeed(services: Services, reader: string, cost: Cost): Promise<RebuiltFeed> {
  return readTables(services, reader, cost)
}

/**
 * Rebuilds a cold feed for the holder of the lease `token`: one statement, one script. What was pushed meanwhile is
 * merged; nothing is stored when the lease is gone, since the reader has followed or unfollowed somebody (S-22, S-36).
 */
export function rebuildFeed(
  services: Services,
  reader: string,
  token: string,
  cost: Cost,
): Promise<RebuiltFeed> {
  const feed = keys.feed(reader)
  return lead(services.redis, feed, token, async () => {
    const read = await readTables(services, reader, cost)
    const stored = [feed, keys.pulls(reader), keys.hidden(reader), keys.lease(feed)]
    const { pulled, blocked, horizon } = read.row
    const args = [token, read.list, pulled, blocked, horizon, PROBATION_SECONDS, KEPT]
    await services.redis.wave([services.redis.call(STORE_FEED, stored, args)], cost)
    return read
  })
}
