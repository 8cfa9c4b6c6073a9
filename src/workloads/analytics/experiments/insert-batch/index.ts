import { OperationFailure } from '../../../../core/errors.ts'
import type { Experiment, ExperimentColumn, Readings, Trial } from '../../../../core/experiment.ts'
import { closedLoop, percentileOf } from '../../../../patterns/closed-loop.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import type { PostgresClient } from '../../../../stores/postgres/client.ts'
import { schemaText, statementsOf } from '../../schema.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import { copyEvents, createEvents, createIndexes } from '../postgres-events.ts'
import { bodiesOf, encodedEvents, LINE_COLUMNS } from './bodies.ts'
import type { EncodedEvents } from './bodies.ts'
import { findingsOf } from './findings.ts'

const DATABASE = 'arch_analytics_inserts'
/** Rows an insert. */
const SIZES: Readonly<Record<string, number>> = {
  '1': 1,
  '10': 10,
  '100': 100,
  '1K': 1_000,
  '10K': 10_000,
  '100K': 100_000,
}
/** A trial takes no longer: at a row an insert the same number of rows would take minutes. */
const LONGEST_MS = 3_000

/** A table that is empty, and what takes a body. */
interface Sink {
  readonly lines: keyof EncodedEvents
  /** Makes the table anew. */
  empty(): Promise<void>
  insert(body: Buffer): Promise<unknown>
  /** What the store says about what came in. */
  facts(): Promise<Readings>
}

function clickhouseSink(server: ClickHouseClient): Sink {
  const clickhouse = server.withDatabase(DATABASE)
  return {
    lines: 'clickhouse',
    async empty() {
      await server.dropDatabase(DATABASE)
      await server.createDatabase(DATABASE)
      for (const statement of statementsOf(await schemaText('schemas/analytics/history.sql')))
        await clickhouse.command(statement)
    },
    insert: (body) => clickhouse.insert('events', 'JSONCompactEachRow', body, { columns: LINE_COLUMNS }),
    async facts() {
      // Blocks have numbers of their own in each month, and each was a part before parts were merged.
      const { rows } = await clickhouse.query<Record<'made' | 'parts', string>>(
        `SELECT sum(blocks) AS made, sum(parts) AS parts FROM (SELECT max(max_block_number) AS blocks, count() AS parts
          FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active GROUP BY partition)`,
      )
      return { made: Number(rows[0]?.made ?? 0), parts: Number(rows[0]?.parts ?? 0) }
    },
  }
}

function postgresSink(server: PostgresClient, isIndexed: boolean): Sink {
  const postgres = server.withDatabase(DATABASE)
  return {
    lines: 'postgres',
    async empty() {
      if (!(await server.databaseExists(DATABASE))) await server.createDatabase(DATABASE)
      await postgres.execute('DROP TABLE IF EXISTS events')
      await createEvents(postgres)
      if (isIndexed) await createIndexes(postgres)
    },
    insert: (body) => copyEvents(postgres, [body]),
    facts: () => Promise.resolve({}),
  }
}

/** One trial: clients that insert bodies of one size, one after the other, for as long as a trial may take. */
async function insertInto(sink: Sink, events: EncodedEvents, trial: Trial): Promise<Readings> {
  const size = SIZES[trial.row]
  if (size === undefined) throw new RangeError(`no row ${trial.row}`)
  const bodies = bodiesOf(events[sink.lines], size, trial.clients * trial.perClient)
  await sink.empty()
  let inserts = 0
  let refused = 0
  const signal = AbortSignal.any([trial.signal, AbortSignal.timeout(LONGEST_MS)])
  const { seconds, latencies } = await closedLoop(
    trial.clients,
    trial.perClient,
    signal,
    async (client, number) => {
      const body = bodies[(client + number * trial.clients) % bodies.length] ?? Buffer.alloc(0)
      try {
        await sink.insert(body)
        inserts += 1
      } catch (error) {
        if (!(error instanceof OperationFailure)) throw error
        refused += 1
      }
    },
  )
  return {
    perSecond: (inserts * size) / seconds,
    inserts,
    refused,
    p50: percentileOf(latencies, 0.5),
    p99: percentileOf(latencies, 0.99),
    ...(await sink.facts()),
  }
}

const COLUMNS: readonly ExperimentColumn[] = [
  column('perSecond', 'rows/s', 'rate', 0, true),
  column('inserts', 'inserts', 'count', 1),
  column('refused', 'refused', 'count', 2),
  column('p50', 'p50 ms', 'milliseconds', 3),
  column('p99', 'p99 ms', 'milliseconds', 1),
]

/** 'Designed for high ingestion rates', by how many rows come at once. */
export const insertBatch: Experiment = {
  title: 'rows a second by how many an insert brings (ANA-27, A-02)',
  compares:
    "one row an insert, as the text's arrow from Kafka leaves open, up to 100,000: what ClickHouse takes and how many parts come about, and what PostgreSQL's COPY takes of the same rows",
  stores: ['clickhouse', 'postgres'],
  rows: Object.keys(SIZES).map((name) => ({ name, description: '' })),
  patterns: [
    {
      name: 'clickhouse',
      description: 'by HTTP as JSON arrays, no async_insert; events of the fixed variant without views',
      columns: [
        ...COLUMNS,
        column('made', 'parts made', 'count', 0),
        column('parts', 'parts left', 'count', 2),
      ],
    },
    { name: 'postgres', description: 'by COPY, a transaction each, into a table without indexes' },
    { name: 'indexed', description: 'the same into a table with the indexes that its queries need' },
  ],
  columns: COLUMNS,
  defaults: { loop: { clients: 4, perClient: 2_000 }, rounds: 2, population: 200_000 },
  open(stores, population) {
    const clickhouse = stores['clickhouse'] as ClickHouseClient
    const postgres = stores['postgres'] as PostgresClient
    const events = encodedEvents(population)
    const sinks: Readonly<Record<string, Sink>> = {
      clickhouse: clickhouseSink(clickhouse),
      postgres: postgresSink(postgres, false),
      indexed: postgresSink(postgres, true),
    }
    return Promise.resolve({
      measure(trial) {
        const sink = sinks[trial.pattern]
        if (sink === undefined) throw new RangeError(`no pattern ${trial.pattern}`)
        return insertInto(sink, events, trial)
      },
      async close() {
        await clickhouse.dropDatabase(DATABASE)
        await postgres.dropDatabase(DATABASE)
      },
    })
  },
  findings: findingsOf,
}
