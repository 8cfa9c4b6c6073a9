import type { Stores } from '../../../../core/store.ts'
import type { RoleHost, RunningRole } from '../../../../core/workload.ts'
import type { StrategyChoice } from '../../../../core/strategy.ts'
import type { Population } from '../../../../core/population.ts'
import { DASHBOARD_FRESH } from '../../flows.ts'
import { clickhouseSink } from '../ingest/clickhouse-sink.ts'
import { consumeEvents } from '../ingest/consume-events.ts'
import { FULL_BLOCK } from '../ingest/event-sink.ts'
import type { EventSink } from '../ingest/event-sink.ts'
import { REALTIME_GROUP } from '../topics.ts'
import { pinotSink } from './pinot/sink.ts'

/** The rollups of the last hour: what dashboards show. */
export const hotSink: EventSink = {
  group: REALTIME_GROUP,
  ...FULL_BLOCK,
  // Half of what the history waits. An insert through three views costs ClickHouse some 50 ms whatever it brings, so that
  // twice as many make nothing visible sooner.
  cutAfterMs: 400,
  ...clickhouseSink('hot_events', { batches: 'hot_batches' }),
  flow: DASHBOARD_FRESH,
  // They are buried once, by group `ingest`, which finds the same ones.
  bury: () => Promise.resolve(),
}

/** The same where Pinot keeps them. */
const pinotHotSink: EventSink = { ...hotSink, ...pinotSink }

/** Role `realtime`: the same events by a second group to where dashboards are answered (ANA-13). */
export function startRealtime(
  stores: Stores,
  _population: Population,
  choice: StrategyChoice,
  host: RoleHost,
): Promise<RunningRole> {
  return consumeEvents(stores, choice['hot'] === 'pinot' ? pinotHotSink : hotSink, choice, host)
}
