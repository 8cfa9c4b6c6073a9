import type { Experiment, ExperimentColumn } from '../../../../core/experiment.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import type { CassandraClient } from '../../../../stores/cassandra/client.ts'
import { warmUp } from '../warm-up.ts'
import { findingsOf } from './findings.ts'
import { ROWS } from './layouts.ts'
import { IN_FLIGHT, openTables } from './measure.ts'

/** How long each measurement of a pair takes. */
const MILLISECONDS = 2_500

const COLUMNS: readonly ExperimentColumn[] = [
  column('base', 'one node/s', 'rate', 0, true),
  column('writes', 'writes/s', 'rate', 0, true),
  column('ratio', 'ratio', 'ratio', 0, true),
  column('p50', 'p50 ms', 'milliseconds', 2),
  column('p99', 'p99 ms', 'milliseconds', 1),
  column('failed', 'failed', 'count', 1),
  column('acknowledged', 'acked', 'count', 4),
  column('busyBase', 'one busy %', 'count', 2),
  column('busy', 'busy %', 'count', 1),
  column('cores', 'cores', 'count', 3),
  column('nodes', 'nodes', 'count', 5),
  column('copies', 'copies', 'count', 5),
]

/** 'Linear scalability', on one host: writes of messages by how many nodes have them. */
export const messagesByNodes: Experiment = {
  title: 'writes of messages by how many nodes have them (MSG-16)',
  compares: `the gateway’s own write into the case’s own table, ${IN_FLIGHT} under way, on one node and on several of a cluster of three; those that have none of the messages run beside, and have nothing to do`,
  stores: ['cassandra'],
  topology: 'cluster',
  rows: ROWS.map(({ name, description }) => ({ name, description })),
  patterns: [
    {
      name: 'writes',
      description:
        'each beside one node in turns; ratio is of the pair. All nodes share one host: this is no measurement of three machines',
    },
  ],
  columns: COLUMNS,
  defaults: { rounds: 4, population: 0 },
  async open(stores, _population, { signal }) {
    const opened = await openTables(stores['cassandra'] as CassandraClient)
    await warmUp((number) => opened.write(number), signal)
    return {
      measure: (trial) => opened.measure(trial, MILLISECONDS),
      close: () => opened.close(),
    }
  },
  findings: findingsOf,
}
