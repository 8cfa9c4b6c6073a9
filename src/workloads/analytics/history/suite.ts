import type { QuerySuite } from '../../../core/suite.ts'
import type { Stores } from '../../../core/store.ts'
import type { ClickHouseClient } from '../../../stores/clickhouse/client.ts'
import { PROTOCOL, runningQueries } from './ask.ts'
import { HISTORY_DATABASE, loadHistory } from './load.ts'
import { historyQueries } from './queries.ts'
import { timelineOf } from './timeline.ts'

/** The server that holds the history: its suite needs no other store. */
export function historyServer(stores: Stores): ClickHouseClient {
  return stores['clickhouse'] as ClickHouseClient
}

/** Suite H over a history that is loaded once and kept (ANA-14). */
export const historySuite: QuerySuite = {
  queries: historyQueries,
  protocol: PROTOCOL,
  load: (stores, population, host) =>
    loadHistory({ server: historyServer(stores), database: HISTORY_DATABASE, population, host }),
  open: (stores, population) =>
    Promise.resolve(
      runningQueries(historyServer(stores).withDatabase(HISTORY_DATABASE), timelineOf(population)),
    ),
}
