import type { Suite } from '../../core/suite.ts'
import { flows } from './flows.ts'
import { historyAudits } from './history/audits.ts'
import { historySuite } from './history/suite.ts'
import { analyticsOperations } from './traffic.ts'

/** Events as they come: from the senders through Kafka into ClickHouse. */
const ingest: Suite = {
  description: 'events through Kafka into ClickHouse, each counted once',
  stores: ['clickhouse', 'kafka'],
  variants: ['fixed', 'as-written'],
  operations: analyticsOperations.map(({ name }) => name),
  flows: flows.map(({ name }) => name),
  roles: ['ingest'],
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
export const suites: Readonly<Record<string, Suite>> = { ingest, history }
