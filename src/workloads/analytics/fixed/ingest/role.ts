import type { Stores } from '../../../../core/store.ts'
import type { RoleHost, RunningRole } from '../../../../core/workload.ts'
import type { StrategyChoice } from '../../../../core/strategy.ts'
import type { Population } from '../../../../core/population.ts'
import { EVENTS_VISIBLE } from '../../flows.ts'
import { INGEST_GROUP } from '../topics.ts'
import { clickhouseSink } from './clickhouse-sink.ts'
import { consumeEvents } from './consume-events.ts'
import { buryEvents } from './dead-letters.ts'
import { FULL_BLOCK } from './event-sink.ts'
import type { EventSink } from './event-sink.ts'

/** All events, for ever: what queries over the history ask. */
export const historySink: EventSink = {
  group: INGEST_GROUP,
  // An insert costs ClickHouse .1 s of a core beside what its rows cost, so that blocks of 51,200 events cost half of what
  // blocks of 12,800 do.
  ...FULL_BLOCK,
  cutAfterMs: 800,
  ...clickhouseSink('events', { batches: 'batches', letters: 'dead_letters' }),
  flow: EVENTS_VISIBLE,
  bury: buryEvents,
}

/** Role `ingest`: the events of Kafka into table `events`. */
export function startIngest(
  stores: Stores,
  _population: Population,
  choice: StrategyChoice,
  host: RoleHost,
): Promise<RunningRole> {
  return consumeEvents(stores, historySink, choice, host)
}
