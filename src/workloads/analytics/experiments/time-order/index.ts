import type { Experiment, Readings } from '../../../../core/experiment.ts'
import { newFindings } from '../../../../patterns/audits/findings.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import { compareAnswers } from '../../history/audits.ts'
import { HOT } from '../../history/ask.ts'
import { loadHistory } from '../../history/load.ts'
import type { AnswerRow } from '../../history/oracle.ts'
import { queryText } from '../../history/queries.ts'
import { timelineOf } from '../../history/timeline.ts'
import { openFresh } from '../fresh.ts'
import { clickhouseSize } from '../sizes.ts'
import { copyEvents, createDesign, DESIGNS, PROJECTIONS_USED } from './designs.ts'
import type { Design } from './designs.ts'
import { findingsOf } from './findings.ts'
import { COST, SPANS } from './patterns.ts'

const PREFIX = 'arch_analytics_order'
const SOURCE = `${PREFIX}_source`
const SCRATCH = `${PREFIX}_scratch`
/** Batches that a trial of the cost stores: five blocks. */
const STORED_BATCHES = 5_120

const databaseOf = ({ name }: Design): string => `${PREFIX}_${name}`

function designNamed(name: string): Design {
  const design = DESIGNS.find((each) => each.name === name)
  if (design === undefined) throw new RangeError(`no design ${name}`)
  return design
}

/** Everything of a span by type (query `by-time` of suite H); the better of two. @throws OperationFailure */
async function askSpan(
  server: ClickHouseClient,
  design: Design,
  since: Date,
  signal: AbortSignal,
): Promise<Readings> {
  const text = await queryText('by-time')
  const ask = (database: string, settings: object) =>
    server
      .withDatabase(database)
      .query<AnswerRow>(text, { parameters: { since }, settings: { ...HOT, ...settings }, signal })
  const first = await ask(databaseOf(design), PROJECTIONS_USED)
  const second = await ask(databaseOf(design), PROJECTIONS_USED)
  const plain = await ask(SOURCE, {})
  const findings = newFindings()
  compareAnswers(plain.rows, second.rows, findings)
  return {
    rows: second.rowsRead,
    bytes: second.bytesRead / 1e6,
    ms: Math.min(first.elapsedMs, second.elapsedMs),
    differ: findings.violations,
  }
}

/** Stores blocks as ingestion does, and says what a row takes. @throws OperationFailure */
async function storeBlocks(
  server: ClickHouseClient,
  design: Design,
  batches: number,
  signal: AbortSignal,
): Promise<Readings> {
  await server.dropDatabase(SCRATCH)
  await server.createDatabase(SCRATCH)
  const scratch = server.withDatabase(SCRATCH)
  await createDesign(scratch, SOURCE, design)
  const since = performance.now()
  await copyEvents(scratch, SOURCE, { first: 0, end: batches }, signal)
  const seconds = (performance.now() - since) / 1e3
  const { rows: counted } = await scratch.query<{ rows: string }>('SELECT count() AS rows FROM events')
  const { all } = await clickhouseSize(server.withDatabase(databaseOf(design)))
  return { insert: Number(counted[0]?.rows ?? 0) / seconds, bytes: all }
}

/** Whether a second order by time is worth what it costs. */
export const timeOrder: Experiment = {
  title: 'events by time alone: third in the key, or a projection in its order (A-05)',
  compares:
    "the text's key, in which time comes after type and country, with projections in the order of time: rows read for everything of a minute, an hour and a day, and what the second order costs",
  stores: ['clickhouse'],
  rows: DESIGNS.map(({ name, description }) => ({ name, description })),
  patterns: [
    ...SPANS.map(({ name }) => ({
      name,
      description: `events of the last ${name} of thirty days by type, whatever the country; the better of two; \`differ\` counts rows of the answer that are not those of the table alone`,
    })),
    {
      name: COST,
      description: `${STORED_BATCHES * 100} rows stored in blocks of 102,400; bytes of a row when merged`,
      columns: [
        column('insert', 'rows/s stored', 'rate', 0, true),
        column('bytes', 'bytes a row', 'rate', 0),
      ],
    },
  ],
  columns: [
    column('rows', 'rows read', 'rate', 0),
    column('bytes', 'MB read', 'rate', 1),
    column('ms', 'ms', 'milliseconds', 0, true),
    column('differ', 'differ', 'count', 0),
  ],
  defaults: { rounds: 3, population: 5_000_000 },
  open(stores, population, host) {
    const server = stores['clickhouse'] as ClickHouseClient
    const drop = async (): Promise<void> => {
      for (const database of [SOURCE, SCRATCH, ...DESIGNS.map(databaseOf)])
        await server.dropDatabase(database)
    }
    return openFresh(drop, async () => {
      const loaded = await loadHistory({ server, database: SOURCE, population, host })
      host.line(`clickhouse ${loaded.summary}`)
      const { batches, endMs } = timelineOf(population)
      for (const design of DESIGNS) {
        await server.createDatabase(databaseOf(design))
        const client = server.withDatabase(databaseOf(design))
        await createDesign(client, SOURCE, design)
        const all = { first: 0, end: batches }
        await copyEvents(client, SOURCE, all, host.signal)
        const settings = { max_execution_time: 0 }
        await client.command('OPTIMIZE TABLE events FINAL', { settings, signal: host.signal })
      }
      return {
        measure({ pattern, row, signal }) {
          const design = designNamed(row)
          if (pattern === COST) return storeBlocks(server, design, Math.min(batches, STORED_BATCHES), signal)
          const span = SPANS.find(({ name }) => name === pattern)
          if (span === undefined) throw new RangeError(`no pattern ${pattern}`)
          return askSpan(server, design, new Date(endMs - span.beforeMs), signal)
        },
      }
    })
  },
  findings: findingsOf,
}
