import type { Experiment, ExperimentColumn, Named, Readings } from '../../../../core/experiment.ts'
import { newFindings } from '../../../../patterns/audits/findings.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import { compareAnswers } from '../../history/audits.ts'
import { askQuery } from '../../history/ask.ts'
import { loadHistory } from '../../history/load.ts'
import { historyQueries } from '../../history/queries.ts'
import { timelineOf } from '../../history/timeline.ts'
import type { Timeline } from '../../history/timeline.ts'
import { createTables } from '../../schema.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import { openFresh } from '../fresh.ts'
import { bytesOfRow, clickhouseSize, isAlike, TEXT_COLUMNS, TOTALS, widenParts } from '../sizes.ts'
import type { RowSize } from '../sizes.ts'
import { findingsOf } from './findings.ts'

const FIXED_DATABASE = 'arch_analytics_columns_fixed'
const TEXT_DATABASE = 'arch_analytics_columns_text'
/** Rows of the text's table, in its order, from the same events. */
const FILL = `INSERT INTO events SELECT ${TEXT_COLUMNS.join(', ')} FROM ${FIXED_DATABASE}.events`

const LOW = 'String; LowCardinality (A-07)'
const ZSTD = 'no codec; ZSTD (A-12)'
const WHAT: Readonly<Record<string, string>> = {
  event_id: 'the same',
  event_type: LOW,
  user_id: ZSTD,
  session_id: ZSTD,
  page_url: ZSTD,
  referrer: ZSTD,
  user_agent: LOW,
  country: LOW,
  region: LOW,
  city: LOW,
  device_type: 'LowCardinality in both (ANA-17)',
  browser: 'LowCardinality in both (ANA-17)',
  duration_ms: 'no codec; T64 and ZSTD (A-12)',
  event_time: 'seconds; milliseconds, Delta and ZSTD (A-09, A-12)',
  date: 'the same',
}
const BYTES: readonly Named[] = [
  ...TEXT_COLUMNS.map((name) => ({ name, description: WHAT[name] ?? '' })),
  { name: TOTALS.columns, description: 'the fifteen columns together' },
  { name: TOTALS.rest, description: 'marks; and seven columns of where an event came from' },
  { name: TOTALS.indexes, description: 'none; four skip indexes (A-06)' },
  { name: TOTALS.all, description: 'what the disk holds' },
]
const BYTES_COLUMNS: readonly ExperimentColumn[] = [
  column('text', 'text', 'rate', 0),
  column('fixed', 'fixed', 'rate', 0),
  column('ratio', 'text/fixed', 'ratio', 0),
]

/** `windowFunnel` of the funnel asks for milliseconds, which the text's table does not have. */
const QUERIES = historyQueries.filter(({ name }) => name !== 'funnel')
const QUERY_COLUMNS: readonly ExperimentColumn[] = [
  column('textRows', 'text rows read', 'rate', 2),
  column('fixedRows', 'fixed rows read', 'rate', 2),
  column('textBytes', 'text MB read', 'rate', 1),
  column('fixedBytes', 'fixed MB read', 'rate', 1),
  column('bytesRatio', 'MB ratio', 'ratio', 0),
  column('text', 'text ms', 'milliseconds', 3, true),
  column('fixed', 'fixed ms', 'milliseconds', 3, true),
  column('ratio', 'ms ratio', 'ratio', 0, true),
  column('differ', 'differ', 'count', 0),
]

interface Tables {
  readonly text: ClickHouseClient
  readonly fixed: ClickHouseClient
}

/** Asks both tables the same, the better of two; which is first changes. @throws OperationFailure */
async function compareTables(
  { text, fixed }: Tables,
  name: string,
  timeline: Timeline,
  round: number,
  signal: AbortSignal,
): Promise<Readings> {
  const query = QUERIES.find((each) => each.name === name)
  if (query === undefined) throw new RangeError(`no query ${name}`)
  const fastest = { text: Number.POSITIVE_INFINITY, fixed: Number.POSITIVE_INFINITY }
  const ask = async (client: ClickHouseClient, whose: keyof typeof fastest) => {
    const answer = await askQuery(client, query, timeline, {}, signal)
    fastest[whose] = Math.min(fastest[whose], answer.elapsedMs)
    return answer
  }
  const isTextFirst = round % 2 === 0
  if (isTextFirst) await ask(text, 'text')
  const ofFixed = await ask(fixed, 'fixed')
  const ofText = await ask(text, 'text')
  await ask(fixed, 'fixed')
  if (!isTextFirst) await ask(text, 'text')
  const findings = newFindings()
  compareAnswers(ofFixed.rows, ofText.rows, findings)
  return {
    textRows: ofText.rowsRead,
    fixedRows: ofFixed.rowsRead,
    textBytes: ofText.bytesRead / 1e6,
    fixedBytes: ofFixed.bytesRead / 1e6,
    bytesRatio: ofText.bytesRead / ofFixed.bytesRead,
    text: fastest.text,
    fixed: fastest.fixed,
    ratio: fastest.text / fastest.fixed,
    differ: findings.violations,
  }
}

/** The text's own table and the mended one, filled with the same events. */
export const textColumns: Experiment = {
  title: "the text's table of events and the fixed one (A-06, A-07, A-09, A-12)",
  compares:
    'Strings, no codecs, no skip indexes and times to the second against LowCardinality, codecs, bloom filters and milliseconds: bytes by column, what queries read, and where answers differ',
  stores: ['clickhouse'],
  rows: QUERIES.map(({ name, question }) => ({ name, description: question })),
  patterns: [
    {
      name: 'bytes',
      description: 'bytes a row on disk, compressed; of each column what it is in the text; as fixed',
      rows: BYTES,
      columns: BYTES_COLUMNS,
      once: true,
    },
    {
      name: 'queries',
      description:
        "the engine's own figures, the better of two; `differ` counts rows of the answer that times to the second change (A-09)",
    },
  ],
  columns: QUERY_COLUMNS,
  defaults: { rounds: 2, population: 1_000_000 },
  open(stores, population, host) {
    const server = stores['clickhouse'] as ClickHouseClient
    const drop = async (): Promise<void> => {
      await server.dropDatabase(FIXED_DATABASE)
      await server.dropDatabase(TEXT_DATABASE)
    }
    return openFresh(drop, async () => {
      const loaded = await loadHistory({ server, database: FIXED_DATABASE, population, host })
      host.line(`clickhouse ${loaded.summary}`)
      await server.createDatabase(TEXT_DATABASE)
      const [text, fixed] = [server.withDatabase(TEXT_DATABASE), server.withDatabase(FIXED_DATABASE)]
      await createTables(text, 'as-written')
      await text.command(FILL, { settings: { max_execution_time: 0 }, signal: host.signal })
      await text.command('OPTIMIZE TABLE events FINAL', { settings: { max_execution_time: 0 } })
      await widenParts(text)
      await widenParts(fixed)
      const timeline = timelineOf(population)
      const sizes: Readonly<Record<'text' | 'fixed', RowSize>> = {
        text: await clickhouseSize(text),
        fixed: await clickhouseSize(fixed),
      }
      return {
        async measure({ pattern, row, round, signal }) {
          if (pattern === 'queries') return compareTables({ text, fixed }, row, timeline, round, signal)
          const [one, other] = [bytesOfRow(row, sizes.text), bytesOfRow(row, sizes.fixed)]
          return { text: one, fixed: other, ...(isAlike(row) ? { ratio: one / other } : {}) }
        },
      }
    })
  },
  findings: findingsOf,
}
