// Suite `history` of the analytics case on a real ClickHouse: what is loaded, and what is answered about it.
import t from 'tap'
import { ArchError } from '../../src/core/errors.ts'
import { newFindings } from '../../src/patterns/audits/findings.ts'
import type { Findings } from '../../src/patterns/audits/findings.ts'
import type { ClickHouseClient } from '../../src/stores/clickhouse/client.ts'
import { askQuery, granulesOf, runningQueries } from '../../src/workloads/analytics/history/ask.ts'
import { compareAnswers, compareBatches } from '../../src/workloads/analytics/history/audits.ts'
import { loadHistory } from '../../src/workloads/analytics/history/load.ts'
import type { LoadRequest } from '../../src/workloads/analytics/history/load.ts'
import { clockOf, sessionNumber, sessionOf } from '../../src/workloads/analytics/events/event.ts'
import { byText } from '../../src/workloads/analytics/history/oracle.ts'
import { historyQueries, queryText } from '../../src/workloads/analytics/history/queries.ts'
import { storedEvents, timelineOf } from '../../src/workloads/analytics/history/timeline.ts'
import { generateEvents } from '../../src/workloads/analytics/seed/generate.ts'
import { schemaText, statementsOf } from '../../src/workloads/analytics/schema.ts'
import { eventually } from '../helpers/context.ts'
import { startTestStores } from '../helpers/stores.ts'

const { stores } = await startTestStores(['clickhouse'])
const server = stores['clickhouse'] as ClickHouseClient
const { signal } = new AbortController()
const host = { progress: (): void => undefined, line: (): void => undefined, signal }

/** A load in a database of the test's own, in chunks of 20,000 events. */
function loadOf(database: string, size: number, changes: Partial<LoadRequest> = {}): LoadRequest {
  return { server, database, population: { seed: 42, size }, host, chunkBatches: 200, ...changes }
}

/** What is in a history, whatever the order and the moment of the load. */
async function contentOf(client: ClickHouseClient): Promise<unknown> {
  const { rows } = await client.query('SELECT count() AS events, sum(cityHash64(*)) AS content FROM events')
  return rows
}

/** Whether a statement adds rows to a database. */
async function isInserting(database: string): Promise<boolean> {
  const { rows } = await server.query(
    "SELECT 1 AS one FROM system.processes WHERE current_database = {database:String} AND query_kind = 'Insert'",
    { parameters: { database } },
  )
  return rows.length > 0
}

/** Loads until `chunks` have been made, and is then as dead as after a kill. */
async function loadAndDie(request: LoadRequest, chunks: number): Promise<void> {
  let made = 0
  const dying = {
    ...host,
    progress(step: string): void {
      if (step === 'seed' && made++ === chunks) throw new Error('killed')
    },
  }
  await t.rejects(loadHistory({ ...request, host: dying }), /killed/)
}

void t.test('what the engine makes is what the senders encode', async (t) => {
  const request = loadOf('equal', 100_000)
  await loadHistory(request)
  const timeline = timelineOf(request.population)
  const findings = newFindings()
  // The first and last ones, and around the end of a chunk and of a month.
  const batches = [0, 1, 199, 200, 500, 998, 999]
  await compareBatches(server.withDatabase('equal'), timeline, batches, findings)
  t.same(findings.examples, [])
  t.ok(findings.checked >= 700 - 5, `${findings.checked} events`)
})

void t.test('an event of the history that is another in one value, or is gone, is seen', async (t) => {
  const request = loadOf('altered', 20_000)
  await loadHistory(request)
  const client = server.withDatabase('altered')
  const compare = async (): Promise<Findings> => {
    const findings = newFindings()
    await compareBatches(client, timelineOf(request.population), [7, 8], findings)
    return findings
  }
  t.match(await compare(), { violations: 0 })
  const now = { settings: { mutations_sync: 2, lightweight_deletes_sync: 2 } }
  await client.command(
    'ALTER TABLE events UPDATE duration_ms = duration_ms + 1 WHERE batch_id = 7 AND batch_position = 17',
    now,
  )
  t.match(await compare(), { violations: 1, examples: [/^event 17 of batch 7: sent .+, stored .+/] })
  await client.command('DELETE FROM events WHERE batch_id = 8 AND batch_position = 3', now)
  t.match(await compare(), {
    violations: 3,
    examples: [/^event 17 of batch 7/, /^event 3 of batch 8: .*stored nothing$/, /^199 rows in 2 batches/],
  })
})

void t.test('every query answers what is computed from the events without the database', async (t) => {
  const request = loadOf('answers', 100_000)
  await loadHistory(request)
  const client = server.withDatabase('answers')
  const timeline = timelineOf(request.population)
  const events = [...storedEvents(timeline, 0, timeline.batches)]
  for (const query of historyQueries) {
    const { rows } = await askQuery(client, query, timeline)
    const findings = newFindings()
    compareAnswers(query.oracle(events, timeline), rows, findings)
    t.same(findings.examples, [], query.name)
    t.ok(findings.checked > 0, `${query.name}: ${findings.checked} rows`)
  }
})

void t.test('events of one moment are answered in the order of their ids as texts', async (t) => {
  const request = loadOf('moment', 100_000)
  await loadHistory(request)
  const timeline = timelineOf(request.population)
  const { seeds } = timeline
  const numbers = Array.from({ length: timeline.batches }, (_, batch) => batch)
  // A device whose clock has stopped: all of its batch is taken to be of when it arrived.
  const stopped = numbers.find((batch) => 'atMs' in clockOf(seeds, batch)) ?? 0
  const { sessionId } = sessionOf(seeds, sessionNumber(seeds, stopped))
  const text = await queryText('by-session')
  const { rows } = await server
    .withDatabase('moment')
    .query<{ event_id: string }>(text, { parameters: { session: sessionId } })
  const expected = [...storedEvents(timeline, 0, timeline.batches)]
    .filter((event) => event.sessionId === sessionId)
    .toSorted((one, other) => one.timeMs - other.timeMs || byText(one.eventId, other.eventId))
  t.ok(new Set(expected.map(({ timeMs }) => timeMs)).size < expected.length, 'some are of one moment')
  t.same(
    rows.map((row) => row.event_id),
    expected.map(({ eventId }) => eventId),
  )
})

void t.test('an answer that is wrong in one value, or a row short, is seen', async (t) => {
  const findings = newFindings()
  compareAnswers([{ a: 1 }, { a: 2 }, { a: 3 }], [{ a: 1 }, { a: 9 }], findings)
  t.match(findings, { checked: 3, violations: 2 })
  t.match(findings.examples, [/row 1.*"a":2.*"a":9/, /row 2.*"a":3.*nothing/])
})

void t.test('cold and hot runs answer alike, and say what was read', async (t) => {
  const request = loadOf('runs', 100_000)
  await loadHistory(request)
  const timeline = timelineOf(request.population)
  const running = runningQueries(server.withDatabase('runs'), timeline)
  t.match(await running.data(), { rows: 100_000 })
  await running.forget()
  const cold = await running.run('whole-table', 'cold', signal)
  const hot = await running.run('whole-table', 'hot', signal)
  t.match(cold, { rows: 5, rowsRead: 100_000 })
  t.equal(hot.bytesRead, cold.bytesRead)
  const all = await running.granules('whole-table')
  t.equal(all.read, all.total)
})

void t.test('indexes leave granules out of what is no part of the sort key (A-05, A-06)', async (t) => {
  const request = loadOf('indexes', 400_000)
  await loadHistory(request)
  const client = server.withDatabase('indexes')
  const timeline = timelineOf(request.population)
  for (const name of ['by-time', 'by-session', 'by-page']) {
    const query = historyQueries.find((each) => each.name === name)
    if (query === undefined) throw new Error(`no query ${name}`)
    const { read, total } = await granulesOf(client, query, timeline)
    t.ok(read < total, `${name}: ${read} of ${total}`)
  }
})

void t.test('a history is kept, and made again for another population, with the reason', async (t) => {
  const request = loadOf('kept', 60_000)
  t.match(await loadHistory(request), { changed: true, summary: /60,000 events made, 60,000 at/ })
  t.match(await loadHistory(request), { changed: false, summary: /kept from an earlier run/ })
  const other = { ...request, population: { seed: 42, size: 40_000 } }
  t.match(await loadHistory(other), {
    changed: true,
    summary: /made again: the population was 60000 events and is 40000/,
  })
  t.match(await contentOf(server.withDatabase('kept')), [{ events: '40000' }])
})

void t.test('a load that was ended goes on with the chunks that are not whole', async (t) => {
  await loadHistory(loadOf('whole', 200_000))
  const request = loadOf('ended', 200_000)
  await loadAndDie(request, 4)
  const client = server.withDatabase('ended')
  // A kill in the middle of a chunk leaves a part of it.
  await client.command('ALTER TABLE events DELETE WHERE batch_id = 205', { settings: { mutations_sync: 1 } })
  const report = await loadHistory(request)
  t.match(report, { changed: true, summary: /completed after an interruption/ })
  t.notMatch(report.summary, /200,000 at/)
  t.same(await contentOf(client), await contentOf(server.withDatabase('whole')))
})

/** The server as it is where its disk has no room for a merge: it does none, and says nothing. */
function withoutRoomToMerge(client: ClickHouseClient): ClickHouseClient {
  return {
    ...client,
    withDatabase: (name) => withoutRoomToMerge(client.withDatabase(name)),
    command: async (text, ask) => (text.startsWith('OPTIMIZE') ? undefined : client.command(text, ask)),
  }
}

void t.test('a load whose merges were not finished says so', async (t) => {
  const lines: string[] = []
  const listening = { ...host, line: (text: string): void => void lines.push(text) }
  const request = loadOf('unmerged', 60_000, { host: listening })
  const told = (): string[] => lines.filter((line) => line.includes('merged only'))
  await loadHistory({ ...request, server: withoutRoomToMerge(server) })
  t.match(told(), [/^ +merged only to \d+ parts of 2 months/])
  lines.length = 0
  await loadHistory(request)
  t.same(told(), [])
})

void t.test('a statement that outlives its arch adds nothing to what is made again', async (t) => {
  const changes = { chunkBatches: 2_000 }
  await loadHistory(loadOf('undisturbed', 400_000, changes))
  const request = loadOf('outlived', 400_000, changes)
  await loadAndDie(request, 1)
  const client = server.withDatabase('outlived')
  const { seeds, gapMs, endMs } = timelineOf(request.population)
  let ended = false
  const orphan = generateEvents(client, { seeds, first: 2_000, count: 2_000, endMs, gapMs })
    .catch(() => undefined)
    .finally(() => (ended = true))
  await eventually(async () => ended || (await isInserting('outlived')))
  await loadHistory(request)
  await orphan
  t.same(await contentOf(client), await contentOf(server.withDatabase('undisturbed')))
})

void t.test('what does not fit is refused with figures, once the first chunk was measured', async (t) => {
  const lines: string[] = []
  const request = loadOf('full', 400_000, {
    host: { ...host, line: (text) => lines.push(text) },
    freeBytes: () => Promise.resolve(2 ** 20),
  })
  const refused: unknown = await loadHistory(request).catch((error: unknown) => error)
  t.type(refused, ArchError)
  t.match(refused, {
    exitCode: 3,
    message: /400,000 events do not fit: .* MB more are needed \(20,000 rows.*bytes a row\).* 1\.0 MB left/,
    hint: /smaller --population/,
  })
  t.match(lines, [/20,000 rows at [\d,]+ rows\/s, [\d.]+ bytes a row: 400,000 rows need .* are free/])
  t.match(await contentOf(server.withDatabase('full')), [{ events: '20000' }])
})

void t.test('a kept history stays where another one in its place would not fit', async (t) => {
  await loadHistory(loadOf('kept', 20_000))
  const kept = await contentOf(server.withDatabase('kept'))
  const request = loadOf('kept', 1_000_000, { freeBytes: () => Promise.resolve(2 ** 22) })
  const refused: unknown = await loadHistory(request).catch((error: unknown) => error)
  t.match(refused, {
    exitCode: 3,
    message: /1,000,000 events do not fit: .* \([\d.]+ bytes a row in the history of 20,000 that is kept\)/,
    hint: /smaller --population: 10,000 is the largest power of ten that fits/,
  })
  t.same(await contentOf(server.withDatabase('kept')), kept)
  t.match(await loadHistory(loadOf('kept', 20_000)), { changed: false })
})

void t.test(
  'the history has the columns, codecs, indexes and key of the events that are ingested',
  async (t) => {
    const tableOf = async (file: string): Promise<string | undefined> =>
      statementsOf(await schemaText(file))
        .find((statement) => statement.startsWith('CREATE TABLE IF NOT EXISTS events\n'))
        ?.replace(/\nTTL.*|SETTINGS.*/g, '')
        .trimEnd()
    const [ingested, history] = await Promise.all([
      tableOf('schemas/analytics/clickhouse.sql'),
      tableOf('schemas/analytics/history.sql'),
    ])
    t.ok(ingested?.includes('ORDER BY (event_type, country, event_time)'))
    t.equal(history, ingested)
  },
)
