import type { Suite } from '../../core/suite.ts'
import { realtimeAudits } from './audits/index.ts'
import { DASHBOARD_FRESH, EVENTS_VISIBLE } from './flows.ts'
import { historyAudits } from './history/audits.ts'
import { historySuite } from './history/suite.ts'
import { hotStrategy } from './stores.ts'
import { dashboards } from './traffic/dashboards.ts'
import { eventsSend } from './traffic/events-send.ts'

/** Events as they come: from the senders through Kafka into ClickHouse. */
const ingest: Suite = {
  description: 'events through Kafka into ClickHouse, each counted once',
  stores: ['clickhouse', 'kafka'],
  variants: ['fixed', 'as-written'],
  operations: [eventsSend.name],
  flows: [EVENTS_VISIBLE],
  roles: ['ingest'],
  // The text asks for 100,000 events a second and says nothing of a lag: what was sent must be stored soon after the last.
  drain: { belowSeconds: 5, why: 'own target' },
}

/** The same events for dashboards too, which are looked at meanwhile (suite R). */
const realtime: Suite = {
  description:
    'the same, with a second consumer for dashboards of the last hour, which are looked at (suite R)',
  stores: ['clickhouse', 'kafka'],
  variants: ['fixed'],
  operations: [eventsSend.name, ...dashboards.map(({ name }) => name)],
  strategies: { hot: hotStrategy },
  flows: [EVENTS_VISIBLE, DASHBOARD_FRESH],
  roles: ['ingest', 'realtime'],
  audits: realtimeAudits,
}

/** What was stored, asked about. */
const history: Suite = {
  description: 'queries over a loaded history (suite H), cold and hot',
  stores: ['clickhouse'],
  variants: ['fixed'],
  population: 1_000_000,
  operations: [],
  flows: [],
  roles: [],
  audits: historyAudits,
  queries: historySuite,
}

/** The parts of the analytics case; the first is what runs where no flag says which. */
export const suites: Readonly<Record<string, Suite>> = { ingest, realtime, history }
