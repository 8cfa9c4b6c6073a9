import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { Stores } from '../../src/core/store.ts'
import { BROKEN_KINDS, breakEvent } from '../../src/workloads/analytics/events/broken.ts'
import { EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import { consumeEvents } from '../../src/workloads/analytics/fixed/ingest/consume-events.ts'
import type { EventSink } from '../../src/workloads/analytics/fixed/ingest/event-sink.ts'
import { partitionIngest, storeBlock } from '../../src/workloads/analytics/fixed/ingest/partition-ingest.ts'
import { historySink } from '../../src/workloads/analytics/fixed/ingest/role.ts'
import { HEADER, TOPIC } from '../../src/workloads/analytics/fixed/topics.ts'
import type { KafkaClient, ReceivedMessage } from '../../src/stores/kafka/client.ts'
import {
  ANALYTICS_STORES,
  batchNumber,
  bodyOf,
  ingestHere,
  lineWith,
  openAnalyticsCase,
} from '../helpers/analytics.ts'
import { startTestStores } from '../helpers/stores.ts'
import { eventually } from '../helpers/context.ts'
import { fails, gathering, whole } from '../helpers/kafka.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

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
  'who goes on after another knows a batch of which nothing could be stored, and not one that was none',
  async (t) => {
    await analytics.reset()
    const broken = Buffer.from(bodyOf(0).toString('latin1').replaceAll('[', '('), 'latin1')
    const unreadable = { [HEADER.batch]: `${batchNumber(1)}`, [HEADER.version]: 'another' }
    const first = await ingestHere(analytics)
    await analytics.send(0, broken)
    await analytics.sendForeign(unreadable, bodyOf(1))
    await analytics.settled()
    await first.close()
    const second = await ingestHere(analytics)
    await analytics.send(0, broken)
    await analytics.send(1)
    await analytics.settled()
    await second.close()
    const letters = (batch: number): Promise<number> =>
      analytics.count(`SELECT count() FROM dead_letters WHERE batch_id = ${batchNumber(batch)}`)
    t.equal(await letters(0), 100, 'each is buried once')
    t.equal(await letters(1), 100)
    t.equal(await analytics.count(`SELECT count() FROM events WHERE batch_id = ${batchNumber(1)}`), 100)
    t.same((await analytics.audit('offsets.covered')).examples, [])
  },
)

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

t.test('a block of broken events alone ends in dead letters, and its partition goes on', async (t) => {
  const ingest = await ingestHere(analytics)
  const whole = Array.from({ length: 100 }, () => `${lineWith({ 2: '12.0', 12: '1e3' })}\n`).join('')
  for (let index = 0; index < 4; index += 1) {
    const headers = { [HEADER.batch]: `${batchNumber(2_000 + index)}`, [HEADER.version]: EVENT_VERSION }
    await analytics.sendForeign(headers, Buffer.from(whole))
  }
  await analytics.settled()
  await analytics.send(2_010)
  await analytics.settled()
  await ingest.close()
  t.equal(await analytics.count("SELECT count() FROM dead_letters WHERE reason LIKE 'user_id: %'"), 400)
  t.equal(await analytics.count(`SELECT count() FROM events WHERE batch_id >= ${batchNumber(2_000)}`), 100)
})

t.test('what is too large for a dead letter is cut, and stops nothing', async (t) => {
  const ingest = await ingestHere(analytics)
  const headers = (index: number): Record<string, string> => ({
    [HEADER.batch]: `${batchNumber(index)}`,
    [HEADER.version]: EVENT_VERSION,
  })
  // As much as the topic takes, which compression does not make smaller.
  await analytics.sendForeign(headers(2_101), Buffer.from(randomBytes(524_200).toString('hex')))
  await analytics.sendForeign(headers(2_102), Buffer.alloc(70_000, '\n'))
  await analytics.send(2_103)
  await analytics.settled()
  await ingest.close()
  const { rows } = await own.clickhouse.query<{ reason: string }>(
    `SELECT reason FROM dead_letters WHERE batch_id >= ${batchNumber(2_101)} ORDER BY batch_id`,
  )
  t.same(rows, [{ reason: 'longer than 16384 bytes' }, { reason: 'more than 65536 lines' }])
  t.equal(await analytics.count(`SELECT count() FROM events WHERE batch_id >= ${batchNumber(2_101)}`), 100)
})

t.test(
  'blocks of batches as large as the broker takes end by their events, and are stored once',
  async (t) => {
    const events = 4_000
    const body = Buffer.from(`${lineWith({ 4: `"${'p'.repeat(80)}"` })}\n`.repeat(events))
    t.ok(body.length > 900_000 && body.length < 2 ** 20, `${body.length} bytes`)
    const sink = { ...historySink, blockEvents: 2 * events }
    const start = 1_000_000
    const position = { topic: TOPIC.events, partition: 0, offset: BigInt(start) }
    const ingest = await partitionIngest(own, sink, position)
    const blocks = Array.from({ length: 6 }, (_, index) => record(3_000 + index, start + index, body))
      .map((each) => ingest.take(each))
      .filter((block) => block !== undefined)
    t.same(
      blocks.map((block) => block.records.length),
      [2, 2, 2],
    )
    for (const block of [...blocks, ...blocks]) await storeBlock(own, sink, block)
    const stored = `SELECT count() FROM events WHERE batch_id >= ${batchNumber(3_000)}`
    t.equal(await analytics.count(stored), 6 * events)
  },
)

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

/** The same Kafka, whose consumers say how many records they are handed. */
function counting(kafka: KafkaClient, handed: (records: number) => void): KafkaClient {
  return {
    ...kafka,
    withPrefix: (prefix) => counting(kafka.withPrefix(prefix), handed),
    withClient: async (name) => counting(await kafka.withClient(name), handed),
    consume: (options) =>
      kafka.consume({
        ...options,
        handle(batch) {
          handed(batch.length)
          return options.handle(batch)
        },
      }),
  }
}

/** The history's sink, which stores nothing before it may, and what is held meanwhile. */
function sinkThatWaits(blockEvents: number, mayStore: Promise<void>) {
  const held = new Set<string>()
  const now = { held: 0, underWay: 0 }
  const most = { ...now }
  function note(change: number): void {
    now.underWay += change
    now.held = held.size
    most.held = Math.max(most.held, now.held)
    most.underWay = Math.max(most.underWay, now.underWay)
  }
  const sink: EventSink = {
    ...historySink,
    blockEvents,
    async recent(stores, start) {
      const recent = await historySink.recent(stores, start)
      return {
        repeats(batch, offset) {
          held.add(batch)
          note(0)
          return recent.repeats(batch, offset)
        },
      }
    },
    async store(stores, block, signal) {
      note(1)
      try {
        await mayStore
        const refused = await historySink.store(stores, block, signal)
        for (const { record } of block.framed) held.delete(record.headers[HEADER.batch] ?? '')
        return refused
      } finally {
        note(-1)
      }
    },
  }
  return { sink, now, most }
}

t.test(
  'while the sink does not answer four blocks are held and two inserts under way, the rest waits in Kafka',
  async (t) => {
    await analytics.reset()
    // More than there may be inserts at a time: those of one partition go one after the other anyhow.
    const partitions = 4
    const perPartition = 4
    const records = partitions * perPartition
    // A fetch has room for one such record of a partition, and a block ends with it.
    const events = 2_500
    const body = Buffer.from(`${lineWith({ 4: `"${'p'.repeat(200)}"` })}\n`.repeat(events))
    t.ok(body.length > 2 ** 19 && body.length < 2 ** 20, `${body.length} bytes`)
    await own.kafka.ensureTopics([{ name: TOPIC.events, partitions, settings: {} }])
    for (let index = 0; index < records; index += 1) {
      const headers = { [HEADER.batch]: `${batchNumber(4_000 + index)}`, [HEADER.version]: EVENT_VERSION }
      const partition = index % partitions
      await own.kafka.produce(TOPIC.events, [{ key: undefined, partition, value: body, headers }])
    }
    const { promise: mayStore, resolve: answer } = Promise.withResolvers<void>()
    const { sink, now, most } = sinkThatWaits(events, mayStore)
    let handed = 0
    const kafka = counting(analytics.stores['kafka'] as KafkaClient, (count) => {
      handed += count
    })
    const stores: Stores = { ...analytics.stores, kafka }
    const ingest = await ingestHere(analytics, (_stores, _population, choice, host) =>
      consumeEvents(stores, sink, choice, host),
    )
    await eventually(() => now.held >= 4 && now.underWay >= 2)

    // Time enough for another group to read all of it.
    const other = gathering(records)
    const { group } = historySink
    const reading = await own.kafka.consume({
      group: `beside-${group}`,
      topics: [TOPIC.events],
      from: 'earliest',
      handle: other.handle,
      failed: fails,
    })
    await other.full
    await reading.close()
    t.same(now, { held: 4, underWay: 2 })
    // A fetch is handed over when all of the one before has been taken, and may have a record of each partition.
    t.ok(handed < 4 + partitions, `${handed} records of ${records} are handed over`)
    t.equal(await own.kafka.lag(group, [TOPIC.events]), BigInt(records), 'nothing is committed')

    answer()
    await analytics.settled()
    await ingest.close()
    t.same(most, { held: 4, underWay: 2 })
    t.equal(handed, records)
    const stored = `SELECT batch_id FROM events WHERE batch_id >= ${batchNumber(4_000)} GROUP BY batch_id HAVING count() = ${events}`
    t.equal(await analytics.count(`SELECT count() FROM (${stored})`), records, 'each is stored once')
    for (const audit of ['offsets.committed', 'offsets.covered'])
      t.same((await analytics.audit(audit)).examples, [], audit)
  },
)
