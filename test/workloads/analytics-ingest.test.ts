import fc from 'fast-check'
import t from 'tap'
import { BROKEN_KINDS, breakEvent } from '../../src/workloads/analytics/events/broken.ts'
import { EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import { frameRecord } from '../../src/workloads/analytics/fixed/ingest/frame.ts'
import { partitionIngest, storeBlock } from '../../src/workloads/analytics/fixed/ingest/partition-ingest.ts'
import { historySink } from '../../src/workloads/analytics/fixed/ingest/role.ts'
import { storeEvents } from '../../src/workloads/analytics/fixed/ingest/sink.ts'
import { HEADER, TOPIC } from '../../src/workloads/analytics/fixed/topics.ts'
import type { ReceivedMessage } from '../../src/stores/kafka/client.ts'
import { ANALYTICS_STORES, batchNumber, bodyOf, ingestHere, openAnalyticsCase } from '../helpers/analytics.ts'
import { startTestStores } from '../helpers/stores.ts'
import { whole } from '../helpers/kafka.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(300_000)

const analytics = await openAnalyticsCase(await startTestStores(ANALYTICS_STORES))
const { own } = analytics

/** A record as it is read, of batch `index`. */
function record(index: number, offset: number, value: Buffer): ReceivedMessage {
  return {
    topic: TOPIC.events,
    partition: 0,
    offset: BigInt(offset),
    key: 'session',
    value,
    headers: { [HEADER.batch]: `${batchNumber(index)}`, [HEADER.version]: EVENT_VERSION },
    timestampMs: Date.now(),
  }
}

const CUT: Pick<ReceivedMessage, 'headers' | 'value'> = {
  headers: { [HEADER.cut]: historySink.group },
  value: Buffer.alloc(0),
}

t.test('every event that was sent is found once, and every audit holds', async (t) => {
  const ingest = await ingestHere(analytics)
  for (let index = 0; index < 40; index += 1) await analytics.send(index)
  for (const again of [3, 3, 17]) await analytics.send(again)
  await analytics.settled()
  t.equal(await analytics.count(`SELECT count() FROM events WHERE batch_id >= ${batchNumber(0)}`), 4_000)
  t.equal(new Set(ingest.ends.map(({ key }) => key)).size, 40)
  t.equal(ingest.ends.length, 40, 'a batch that came again ends nothing')
  await ingest.close()
  t.same(await analytics.violations(), [])
})

t.test('who goes on after another knows the batches that came before', async (t) => {
  await analytics.reset()
  const first = await ingestHere(analytics)
  for (let index = 0; index < 8; index += 1) await analytics.send(index)
  await analytics.settled()
  await first.close()
  for (let index = 0; index < 8; index += 1) await analytics.send(index)
  const second = await ingestHere(analytics)
  await analytics.settled()
  await second.close()
  t.equal(await analytics.count(`SELECT count() FROM events WHERE batch_id >= ${batchNumber(0)}`), 800)
  t.same(await analytics.violations(), [])
})

t.test(
  'events of every broken kind are dead letters with a reason, and their neighbours are stored',
  async (t) => {
    await analytics.reset()
    const ingest = await ingestHere(analytics)
    const kinds = Object.keys(BROKEN_KINDS)
    const lines = bodyOf(0).toString('latin1').trimEnd().split('\n')
    for (const [index, kind] of kinds.entries()) {
      const broken = breakEvent(`${lines[50]}\n`, kind)
      const body = Buffer.concat([
        Buffer.from(`${lines.slice(0, 50).join('\n')}\n`, 'latin1'),
        broken,
        Buffer.from(`${lines.slice(51).join('\n')}\n`, 'latin1'),
      ])
      await analytics.sendForeign(
        { [HEADER.batch]: `${batchNumber(1_000 + index)}`, [HEADER.version]: EVENT_VERSION },
        body,
      )
    }
    await analytics.settled()
    await ingest.close()
    const { rows } = await own.clickhouse.query<{ batch: string; position: number; reason: string }>(
      'SELECT toString(batch_id) AS batch, batch_position AS position, reason FROM dead_letters ORDER BY batch_id',
    )
    const missing = kinds.filter((_, index) => rows[index]?.batch !== `${batchNumber(1_000 + index)}`)
    t.same(missing, [])
    t.equal(rows.length, kinds.length)
    t.ok(rows.every(({ position, reason }) => position === 50 && reason !== ''))
    t.equal(
      await analytics.count(`SELECT count() FROM events WHERE batch_id >= ${batchNumber(0)}`),
      99 * kinds.length,
    )
    t.equal((await whole(own.kafka, TOPIC.deadLetters)).length, kinds.length)
  },
)

t.test('records of no batch, or of an unknown encoding, are dead letters whole', async (t) => {
  await analytics.reset()
  const ingest = await ingestHere(analytics)
  await analytics.sendForeign({ [HEADER.version]: EVENT_VERSION }, bodyOf(1))
  await analytics.sendForeign(
    { [HEADER.batch]: '1; DROP TABLE events', [HEADER.version]: EVENT_VERSION },
    bodyOf(1),
  )
  await analytics.sendForeign({ [HEADER.batch]: '7', [HEADER.version]: '99' }, bodyOf(1))
  await analytics.send(2)
  await analytics.settled()
  await ingest.close()
  t.equal(await analytics.count('SELECT count() FROM dead_letters'), 300)
  t.equal(await analytics.count(`SELECT count() FROM events WHERE batch_id >= ${batchNumber(0)}`), 100)
})

t.test(
  'a block that is stored again changes nothing, in the table or in a view’s (A-01, A-04)',
  async (t) => {
    await analytics.reset()
    const counts = async (): Promise<number[]> => [
      await analytics.count('SELECT count() FROM events'),
      await analytics.count('SELECT sum(events) FROM events_by_minute'),
      await analytics.count('SELECT count() FROM batches'),
      await analytics.count('SELECT count() FROM dead_letters'),
    ]
    const lines = bodyOf(5).toString('latin1').split('\n')
    const withBroken = Buffer.from(lines.toSpliced(7, 1, 'no event').join('\n'), 'latin1')
    const store = async (): Promise<void> => {
      const start = { topic: TOPIC.events, partition: 0, offset: 0n }
      const ingest = await partitionIngest(own, historySink, start)
      ingest.take(record(4, 0, bodyOf(4)))
      ingest.take(record(5, 1, withBroken))
      const block = ingest.take({ ...record(0, 2, CUT.value), headers: CUT.headers })
      if (block === undefined) throw new Error('a cut ends a block')
      await storeBlock(own, historySink, block)
    }
    const before = await counts()
    await store()
    const once = await counts()
    t.same(
      once.map((count, index) => count - (before[index] ?? 0)),
      [199, 199, 2, 1],
    )
    await store()
    await store()
    t.same(await counts(), once)
  },
)

/** An event in the values that the table has. */
const ID = '0f0e0d0c-0b0a-4908-8706-050403020100'
function lineWith(changes: Readonly<Record<number, string>> = {}): string {
  const values = [`"${ID}"`, '"view"', '5', `"${ID}"`, '"page"', '""', '"ua"', '"DE"', '"BE"', '"Berlin"']
  const all = [...values, '"mobile"', '"Chrome"', '7', `${Date.now()}`]
  return `[${all.map((value, place) => changes[place] ?? value).join(',')}]`
}

/** Events that stand otherwise than an SDK of ours writes them, and are events all the same. */
const UNUSUAL: Readonly<Record<string, string>> = {
  'a type with a comma': lineWith({ 1: '"page,view"' }),
  'a type with a comma and more digits than a user has': lineWith({ 1: '"a,123456789012345678901234"' }),
  'blanks between values': lineWith().replaceAll(',', ' ,\t'),
  escapes: lineWith({ 4: String.raw`"https:\/\/shop.example\/\u00e9\ud83d\ude00\n\u0000"` }),
  'bytes beyond ASCII': lineWith({ 4: '"https://shop.example/é😀"' }),
  'an id in capitals': lineWith({ 0: `"${ID.toUpperCase()}"` }),
  'the largest user': lineWith({ 2: '18446744073709551615' }),
  'the largest duration': lineWith({ 12: '4294967295' }),
  'the largest time': lineWith({ 13: '9007199254740991' }),
  'brackets and commas in a text': lineWith({ 4: '"],[0,0,5,77,"' }),
}

let offsetOfTest = 0
/** Stores a block of these lines, and says of each whether it is `stored`, `dead`, both or neither. */
async function fatesOf(lines: readonly Buffer[]): Promise<readonly string[]> {
  offsetOfTest += 1
  const sent = record(9_000 + offsetOfTest, offsetOfTest, Buffer.concat(lines))
  const framed = { ...frameRecord(sent), record: sent }
  const insertion = { table: 'events', token: `fates ${offsetOfTest}` }
  const refused = await storeEvents(own.clickhouse, [framed], insertion)
  const dead = new Set([...framed.broken, ...refused].map(({ position }) => position))
  const { rows } = await own.clickhouse.query<{ position: number }>(
    `SELECT batch_position AS position FROM events WHERE batch_id = ${batchNumber(9_000 + offsetOfTest)}`,
  )
  const stored = rows.map(({ position }) => position)
  return lines.map((_, at) =>
    [
      ...stored.filter((position) => position === at).map(() => 'stored'),
      ...(dead.has(at) ? ['dead'] : []),
    ].join(' '),
  )
}

/** From now on the table asks something of pages that ingestion knows nothing of; so does the one that checks, or not. */
async function refusePages(table: 'events' | 'events_check', condition: string): Promise<void> {
  await own.clickhouse.command(`ALTER TABLE events ADD CONSTRAINT pages CHECK ${condition}`)
  if (table === 'events') return
  await own.clickhouse.command('DROP TABLE events_check')
  await own.clickhouse.command('CREATE TABLE events_check AS events ENGINE = Null')
}

t.test('what becomes of an event does not depend on its neighbours', async (t) => {
  await analytics.reset()
  await refusePages('events_check', "page_url != 'refused'")
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

t.test('what is judged to be an event the table takes as one row', async () => {
  await analytics.reset()
  const characters = fc.constantFrom(...'"\\,[]{}: 019eE.+-nulltruefabc\u0001\u00e9')
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

t.test('a block of broken events alone ends in dead letters, and its partition goes on', async (t) => {
  await analytics.reset()
  const ingest = await ingestHere(analytics)
  const whole = Array.from({ length: 100 }, () => `${lineWith({ 2: '12.0', 12: '1e3' })}\n`).join('')
  for (let index = 0; index < 4; index += 1) {
    const headers = { [HEADER.batch]: `${batchNumber(2_000 + index)}`, [HEADER.version]: EVENT_VERSION }
    await analytics.sendForeign(headers, Buffer.from(whole))
  }
  await analytics.settled()
  await analytics.send(1)
  await analytics.settled()
  await ingest.close()
  t.equal(await analytics.count("SELECT count() FROM dead_letters WHERE reason LIKE 'user_id: %'"), 400)
  t.equal(await analytics.count(`SELECT count() FROM events WHERE batch_id >= ${batchNumber(0)}`), 100)
})

t.test('events that the table alone refuses are dead in its words, be it a whole block', async (t) => {
  await analytics.reset()
  await refusePages('events_check', "page_url != 'refused'")
  const refused = record(3, 3, Buffer.from(`${lineWith({ 4: '"refused"' })}\n`.repeat(20)))
  const insertion = { table: 'events', token: 'refused' }
  const letters = await storeEvents(own.clickhouse, [{ ...frameRecord(refused), record: refused }], insertion)
  t.equal(letters.length, 20)
  t.ok(letters.every(({ reason }) => reason.includes('page_url')))
})

t.test('a table that refuses a good event is at fault itself: no event is blamed', async (t) => {
  const events = record(4, 4, bodyOf(4))
  const sinkRecord = { ...frameRecord(events), record: events }
  for (const table of ['events_check', 'events'] as const) {
    await analytics.reset()
    await refusePages(table, 'length(page_url) > 1000')
    const stored = storeEvents(own.clickhouse, [sinkRecord], { table: 'events', token: `fault of ${table}` })
    t.match(await stored.catch((error: unknown) => error), { kind: 'unexpected' }, table)
  }
  await analytics.reset()
})

t.test('of a refused insert nothing stays, views included', async (t) => {
  await analytics.reset()
  const counts = async (): Promise<number[]> => [
    await analytics.count('SELECT count() FROM events'),
    await analytics.count('SELECT sum(events) FROM events_by_minute'),
    await analytics.count('SELECT count() FROM batches'),
  ]
  const before = await counts()
  const rows = bodyOf(1)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line, position) => `[${position},0,0,1,${Date.now()},${line.slice(1)}\n`)
  const body = Buffer.from(rows.toSpliced(rows.length - 1, 1, '[99,0,0,1,"no time"]\n').join(''))
  const settings = { input_format_parallel_parsing: 0 }
  const refused = own.clickhouse.insert('events', 'JSONCompactEachRow', [body], { settings })
  t.match(await refused.catch((error: unknown) => error), { kind: 'unexpected' })
  t.same(await counts(), before)
})
