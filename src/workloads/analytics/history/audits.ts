import type { Stores } from '../../../core/store.ts'
import type { Audit } from '../../../core/audit.ts'
import type { Population } from '../../../core/population.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { randomBelow } from '../../../core/random.ts'
import type { ClickHouseClient } from '../../../stores/clickhouse/client.ts'
import { ENCODED_COLUMNS } from '../events/columns.ts'
import { BATCH } from '../events/event.ts'
import { encodeBatch } from '../events/encode.ts'
import { breakageOf } from '../events/broken.ts'
import { askQuery } from './ask.ts'
import { HISTORY_DATABASE, loadHistory } from './load.ts'
import type { AnswerRow } from './oracle.ts'
import { historyQueries } from './queries.ts'
import { sizeOf } from './room.ts'
import type { HistoryQuery } from './queries.ts'
import { historyServer } from './suite.ts'
import { arrivalMs, storedEvents, timelineOf } from './timeline.ts'
import type { Timeline } from './timeline.ts'

const SAMPLE_DATABASE = 'arch_analytics_history_sample'
/** Events that the answers are computed for without the database, too. */
const SAMPLE = 100_000
/** Batches that are held against what their senders send: two thousand events. */
const LOOKED_AT = 20

const COLUMNS =
  'event_id, event_type, user_id, session_id, page_url, referrer, user_agent, country, region, city, device_type, browser, duration_ms, toUnixTimestamp64Milli(client_time) AS client_ms'

const ADDRESSES: ReadonlySet<string> = new Set(['page_url', 'referrer'])

/** The values of an event in the order of its encoding, all as texts. */
function valuesOf(row: object): string {
  return Object.values(row).map(String).join(' | ')
}

/** The values of an encoded event as they are kept: its addresses without queries and fragments. */
function bare(values: readonly unknown[]): readonly unknown[] {
  return values.map((value, place) =>
    ADDRESSES.has(ENCODED_COLUMNS[place] ?? '') ? String(value).replace(/[?#].*/, '') : value,
  )
}

/** Holds batches of the table against the lines that their senders encode. @throws OperationFailure */
export async function compareBatches(
  client: ClickHouseClient,
  timeline: Timeline,
  batches: readonly number[],
  findings: Findings,
): Promise<void> {
  const { rows } = await client.query<{ batch_id: string; batch_position: number }>(
    `SELECT batch_id, batch_position, ${COLUMNS} FROM events WHERE batch_id IN {batches:Array(UInt64)}`,
    { parameters: { batches }, settings: { max_execution_time: 0 } },
  )
  const found = new Map(
    rows.map(({ batch_id: batch, batch_position: position, ...event }) => [
      `${batch} ${position}`,
      valuesOf(event),
    ]),
  )
  for (const batch of batches) {
    const lines = encodeBatch(timeline.seeds, batch, arrivalMs(timeline, batch)).body.toString().split('\n')
    for (let position = 0; position < BATCH; position += 1) {
      // What a sender breaks on purpose is no row, and whole in a history.
      if (breakageOf(timeline.seeds, batch * BATCH + position) !== undefined) continue
      findings.checked += 1
      const sent = valuesOf(bare(JSON.parse(lines[position] ?? '[]') as unknown[]))
      const stored = found.get(`${batch} ${position}`) ?? 'nothing'
      if (sent !== stored)
        addViolation(findings, `event ${position} of batch ${batch}: sent ${sent}, stored ${stored}`)
    }
  }
  if (rows.length !== batches.length * BATCH)
    addViolation(findings, `${rows.length} rows in ${batches.length} batches of ${BATCH} events`)
}

/** All events of the history are there, and a sample is what the senders' own code makes (ANA-10, ANA-14). */
const eventsEqual: Audit = {
  name: 'history.events-equal',
  claims: ['ANA-10', 'ANA-14'],
  defects: ['A-15'],
  async run({ stores, population, seed }) {
    const client = historyServer(stores).withDatabase(HISTORY_DATABASE)
    const timeline = timelineOf(population)
    const findings = newFindings()
    const { rows } = await sizeOf(client)
    findings.checked += 1
    if (rows !== timeline.events) addViolation(findings, `${rows} events, ${timeline.events} expected`)
    const batches = Array.from({ length: LOOKED_AT }, (_, index) =>
      randomBelow(timeline.batches, seed, index),
    )
    await compareBatches(client, timeline, [...new Set(batches)], findings)
    return outcomeOf(findings)
  },
}

/** Holds the rows of an answer against those that were computed. */
export function compareAnswers(
  expected: readonly AnswerRow[],
  found: readonly AnswerRow[],
  findings: Findings,
): void {
  for (let index = 0; index < Math.max(expected.length, found.length); index += 1) {
    findings.checked += 1
    const [wanted, got] = [expected[index], found[index]].map((row) => JSON.stringify(row) ?? 'nothing')
    if (wanted !== got) addViolation(findings, `row ${index}: ${wanted} computed, ${got} answered`)
  }
}

/** A small history of the same seed, complete, in a database of its own. */
async function sampleOf(
  stores: Stores,
  { seed, size }: Population,
): Promise<{ readonly client: ClickHouseClient; readonly timeline: Timeline }> {
  const server = historyServer(stores)
  const population = { seed, size: Math.min(size, SAMPLE) }
  const { signal } = new AbortController()
  const host = { progress: () => undefined, line: () => undefined, signal }
  await loadHistory({ server, database: SAMPLE_DATABASE, population, host })
  return { client: server.withDatabase(SAMPLE_DATABASE), timeline: timelineOf(population) }
}

/** The same text gives on a sample what is computed from the events without the database. */
function answerEqual(query: HistoryQuery): Audit {
  return {
    name: `history.${query.name}-equal`,
    claims: query.claims,
    defects: ['A-15'],
    async run({ stores, population }) {
      const { client, timeline } = await sampleOf(stores, population)
      const { rows } = await askQuery(client, query, timeline)
      const findings = newFindings()
      const events = [...storedEvents(timeline, 0, timeline.batches)]
      compareAnswers(query.oracle(events, timeline), rows, findings)
      return outcomeOf(findings, `on ${timeline.events.toLocaleString('en-US')} events`)
    },
  }
}

/** What must hold of a history and of the answers about it. */
export const historyAudits: readonly Audit[] = [eventsEqual, ...historyQueries.map(answerEqual)]
