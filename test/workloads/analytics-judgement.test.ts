// Which events are stored: each judged by itself, by one rule, on a real ClickHouse.
import fc from 'fast-check'
import t from 'tap'
import { BROKEN_KINDS, breakEvent } from '../../src/workloads/analytics/events/broken.ts'
import { EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import { frameRecord } from '../../src/workloads/analytics/fixed/ingest/frame.ts'
import { storeEvents } from '../../src/workloads/analytics/fixed/ingest/sink.ts'
import type { SinkRecord } from '../../src/workloads/analytics/fixed/ingest/sink.ts'
import { HEADER, TOPIC } from '../../src/workloads/analytics/fixed/topics.ts'
import { ANALYTICS_STORES, batchNumber, lineWith, LINE_ID, openAnalyticsCase } from '../helpers/analytics.ts'
import { startTestStores } from '../helpers/stores.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const analytics = await openAnalyticsCase(await startTestStores(ANALYTICS_STORES))
const { own } = analytics

/** A record of batch and offset `index` with these lines, as it is to be stored. */
function sinkRecord(index: number, value: Buffer): SinkRecord {
  const record = {
    topic: TOPIC.events,
    partition: 0,
    offset: BigInt(index),
    key: 'session',
    value,
    headers: { [HEADER.batch]: `${batchNumber(index)}`, [HEADER.version]: EVENT_VERSION },
    timestampMs: Date.now(),
  }
  return { ...frameRecord(record), record }
}

/** Events that stand otherwise than an SDK of ours writes them, and are events all the same. */
const UNUSUAL: Readonly<Record<string, string>> = {
  'a type with a comma': lineWith({ 1: '"page,view"' }),
  'a type with a comma and more digits than a user has': lineWith({ 1: '"a,123456789012345678901234"' }),
  'blanks between values': lineWith().replaceAll(',', ' ,\t'),
  escapes: lineWith({ 4: String.raw`"https:\/\/shop.example\/\u00e9\ud83d\ude00\n\u0000"` }),
  'bytes beyond ASCII': lineWith({ 4: '"https://shop.example/é😀"' }),
  'an id in capitals': lineWith({ 0: `"${LINE_ID.toUpperCase()}"` }),
  'the largest user': lineWith({ 2: '18446744073709551615' }),
  'the largest duration': lineWith({ 12: '4294967295' }),
  'the largest time': lineWith({ 13: '9007199254740991' }),
  'brackets and commas in a text': lineWith({ 4: '"],[0,0,5,77,"' }),
}

let blocks = 0
/** Stores a block of these lines, and says of each whether it is `stored`, `dead`, both or neither. */
async function fatesOf(lines: readonly Buffer[]): Promise<readonly string[]> {
  blocks += 1
  const framed = sinkRecord(blocks, Buffer.concat(lines))
  const insertion = { table: 'events', token: `fates ${blocks}` }
  const refused = await storeEvents(own.clickhouse, [framed], insertion)
  const dead = new Set([...framed.broken, ...refused].map(({ position }) => position))
  const { rows } = await own.clickhouse.query<{ position: number }>(
    `SELECT batch_position AS position FROM events WHERE batch_id = ${batchNumber(blocks)}`,
  )
  const stored = rows.map(({ position }) => position)
  return lines.map((_, at) =>
    [
      ...stored.filter((position) => position === at).map(() => 'stored'),
      ...(dead.has(at) ? ['dead'] : []),
    ].join(' '),
  )
}

t.test('what is judged to be an event the table takes as one row', async () => {
  const characters = fc.constantFrom(...'"\\,[]{}: 019eE.+-nulltruefabc\u0001\u00e9'.split(''))
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(2),
    put: characters,
  })
  const edited = fc.array(edit, { maxLength: 3 }).map((edits) => {
    let line = lineWith()
    for (const { at, remove, put } of edits) {
      const from = Math.floor(at * line.length)
      line = line.slice(0, from) + put + line.slice(from + remove)
    }
    return Buffer.from(`${line}\n`)
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edited, { minLength: 300, maxLength: 300 }), async (lines) => {
      const fates = await fatesOf(lines)
      return fates.every((fate) => fate === 'stored' || fate === 'dead') && fates.includes('stored')
    }),
    { numRuns: 10 },
  )
})

/** From now on the table asks something of events that ingestion knows nothing of; so does the one that checks, or not. */
async function ask(tables: 'events' | 'both', condition: string): Promise<void> {
  const command = (text: string): Promise<void> => own.clickhouse.command(text)
  await command('ALTER TABLE events DROP CONSTRAINT IF EXISTS pages')
  if (tables === 'events') await command('CREATE OR REPLACE TABLE events_check AS events ENGINE = Null')
  await command(`ALTER TABLE events ADD CONSTRAINT pages CHECK ${condition}`)
  if (tables === 'both') await command('CREATE OR REPLACE TABLE events_check AS events ENGINE = Null')
}

t.test('what becomes of an event does not depend on its neighbours', async (t) => {
  await ask('both', "page_url != 'refused'")
  const refused = Buffer.from(`${lineWith({ 4: '"refused"' })}\n`)
  const names = [...Object.keys(BROKEN_KINDS), ...Object.keys(UNUSUAL)]
  const lines = names.map((name) => {
    const line = UNUSUAL[name]
    return line === undefined ? breakEvent(`${lineWith()}\n`, name) : Buffer.from(`${line}\n`)
  })
  const wanted = names.map((name) => (name in UNUSUAL ? 'stored' : 'dead'))
  for (const [at, line] of lines.entries())
    t.same(await fatesOf([line]), [wanted[at]], `${names[at]}, in a block of its own`)
  t.same(await fatesOf(lines), wanted, 'in a block with others')
  t.same(await fatesOf([...lines, refused]), [...wanted, 'dead'], 'in a block that the table refuses')
  t.equal(
    await analytics.count('SELECT count() FROM events WHERE batch_id = 77'),
    0,
    'no line says where it came from',
  )
})

t.test('events that the table alone refuses are dead in its words, be it a whole block', async (t) => {
  await ask('both', "page_url != 'refused'")
  const refused = sinkRecord(9_000, Buffer.from(`${lineWith({ 4: '"refused"' })}\n`.repeat(20)))
  const insertion = { table: 'events', token: 'refused' }
  const letters = await storeEvents(own.clickhouse, [refused], insertion)
  t.equal(letters.length, 20)
  t.ok(letters.every(({ reason }) => reason.includes('page_url')))
})

t.test('a table that refuses a good event is at fault itself: no event is blamed', async (t) => {
  const events = sinkRecord(9_001, Buffer.from(`${lineWith()}\n`.repeat(20)))
  for (const tables of ['both', 'events'] as const) {
    await ask(tables, 'length(page_url) > 1000')
    const stored = storeEvents(own.clickhouse, [events], { table: 'events', token: `fault of ${tables}` })
    t.match(await stored.catch((error: unknown) => error), { kind: 'unexpected' }, tables)
  }
})
