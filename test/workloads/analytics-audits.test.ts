import t from 'tap'
import { BATCH } from '../../src/workloads/analytics/events/event.ts'
import { breakageOf } from '../../src/workloads/analytics/events/broken.ts'
import { seedsOf } from '../../src/workloads/analytics/world.ts'
import { EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import { HEADER } from '../../src/workloads/analytics/fixed/topics.ts'
import { ANALYTICS_STORES, batchNumber, bodyOf, ingestHere, openAnalyticsCase } from '../helpers/analytics.ts'
import { startTestStores } from '../helpers/stores.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const analytics = await openAnalyticsCase(await startTestStores(ANALYTICS_STORES))
const { clickhouse, kafka } = analytics.own

/** The first batch of the run that holds a broken event. */
function brokenBatch(): number {
  for (let index = 0; ; index += 1)
    for (let position = 0; position < BATCH; position += 1)
      if (breakageOf(seedsOf(1), batchNumber(index) * BATCH + position) !== undefined) return index
}

/** Twenty batches, one of them again, and one with a broken event, stored. */
async function store(): Promise<void> {
  await analytics.reset()
  const ingest = await ingestHere(analytics)
  for (let index = 0; index < 20; index += 1) await analytics.send(index)
  await analytics.send(brokenBatch())
  await analytics.send(2)
  await analytics.settled()
  await ingest.close()
}

await store()

t.test('what was sent and stored as it should be holds every audit', async (t) => {
  t.same(await analytics.violations(), [])
})

t.test('cuts, repeated batches and records that are broken throughout are no gaps', async (t) => {
  const noteOf = async (): Promise<string> => (await analytics.audit('offsets.covered')).note ?? ''
  // A cut at least, which ended the block, and the batch that was sent twice.
  const before = Number.parseInt(await noteOf(), 10)
  t.ok(before >= 2, await noteOf())
  const ingest = await ingestHere(analytics)
  await analytics.sendForeign({ [HEADER.version]: EVENT_VERSION }, bodyOf(1))
  await analytics.settled()
  await ingest.close()
  t.match(await analytics.audit('offsets.covered'), { state: 'held', violations: 0 })
  t.ok(Number.parseInt(await noteOf(), 10) > before, await noteOf())
  await store()
})

const NOW = { mutations_sync: 2, lightweight_deletes_sync: 2 }

type Damage = readonly [audit: string, what: string, damage: () => Promise<void>]

/** Damages of one round leave those after them alone. */
const ROUNDS: readonly (readonly Damage[])[] = [
  [
    [
      'rollups.equal',
      'a view counted a block twice',
      () =>
        clickhouse.command('INSERT INTO events_by_minute SELECT * FROM events_by_minute LIMIT 1', {
          settings: { insert_deduplicate: 0 },
        }),
    ],
    [
      'dead-letters.explained',
      'a broken event is gone',
      () => clickhouse.command('TRUNCATE TABLE dead_letters'),
    ],
    [
      'offsets.committed',
      'a record is stored twice',
      () =>
        clickhouse.command('INSERT INTO batches SELECT * FROM batches WHERE kafka_partition < 100 LIMIT 1', {
          settings: { insert_deduplicate: 0 },
        }),
    ],
    [
      'offsets.covered',
      'the rows of a record are gone',
      () =>
        clickhouse.command(`DELETE FROM batches WHERE batch_id = ${batchNumber(11)}`, {
          settings: NOW,
        }),
    ],
    [
      'events.stored',
      'one event is lost',
      () =>
        clickhouse.command(`DELETE FROM events WHERE batch_id = ${batchNumber(3)} AND batch_position = 17`, {
          settings: NOW,
        }),
    ],
  ],
  [
    [
      'rollups.equal',
      'a minute is missing',
      () =>
        clickhouse.command(
          "DELETE FROM events_by_minute WHERE event_type = 'pageview' AND minute = (SELECT max(minute) FROM events_by_minute)",
          { settings: NOW },
        ),
    ],
    [
      'dead-letters.explained',
      'an event lies there that is not broken',
      () =>
        clickhouse.command(
          `INSERT INTO dead_letters SELECT kafka_partition, kafka_offset, batch_position, batch_id, received_time, 'no reason', '' FROM events WHERE batch_id = ${batchNumber(8)} LIMIT 1`,
        ),
    ],
    [
      'events.stored',
      'a batch is lost',
      () => clickhouse.command(`DELETE FROM events WHERE batch_id = ${batchNumber(4)}`, { settings: NOW }),
    ],
    [
      'addresses.bare',
      'an address says who came',
      () =>
        clickhouse.command(
          `INSERT INTO events SELECT * REPLACE (concat(page_url, '?user=7') AS page_url) FROM events WHERE batch_id = ${batchNumber(9)} LIMIT 1`,
          { settings: { insert_deduplicate: 0 } },
        ),
    ],
    [
      'partitions.range',
      'a clock of 1970 opened a partition',
      () =>
        clickhouse.command(
          `INSERT INTO events SELECT * REPLACE (toDateTime64(0, 3, 'UTC') AS received_time, toDateTime64(0, 3, 'UTC') AS client_time) FROM events WHERE batch_id = ${batchNumber(9)} LIMIT 1`,
          { settings: { insert_deduplicate: 0 } },
        ),
    ],
  ],
  [
    [
      'dead-letters.explained',
      'the topic has lost it',
      async () => {
        await kafka.deleteTopics(['dead-letters'])
        await kafka.ensureTopics([{ name: 'dead-letters', partitions: 1, settings: {} }])
      },
    ],
    [
      'events.stored',
      'a batch is stored twice',
      () =>
        clickhouse.command(`INSERT INTO events SELECT * FROM events WHERE batch_id = ${batchNumber(5)}`, {
          settings: { insert_deduplicate: 0 },
        }),
    ],
  ],
  [
    [
      'events.stored',
      'an event is another',
      () =>
        clickhouse.command(
          `ALTER TABLE events UPDATE event_id = generateUUIDv4() WHERE batch_id = ${batchNumber(6)} AND batch_position = 1`,
          { settings: NOW },
        ),
    ],
    ['offsets.committed', 'the group has not read to the end', async () => analytics.send(2_000)],
    [
      'offsets.covered',
      'a whole block is gone',
      () => clickhouse.command('DELETE FROM batches WHERE kafka_partition = 0', { settings: NOW }),
    ],
    [
      'inserts.few',
      'each event was an insert',
      async () => {
        for (let block = 0; block < 120; block += 1)
          await clickhouse.command('INSERT INTO events SELECT * FROM events LIMIT 1', {
            settings: { insert_deduplicate: 0 },
          })
      },
    ],
  ],
  [
    [
      'events.stored',
      'there are events that nobody sent',
      () =>
        clickhouse.command(
          `INSERT INTO events SELECT * REPLACE (${batchNumber(5_000)} AS batch_id) FROM (SELECT * FROM events WHERE batch_id = ${batchNumber(7)})`,
          { settings: { insert_deduplicate: 0 } },
        ),
    ],
  ],
]

for (const [index, damages] of ROUNDS.entries()) {
  t.test(`round ${index + 1} of damages`, async (t) => {
    if (index > 0) await store()
    for (const [audit, what, damage] of damages) {
      t.equal((await analytics.audit(audit)).state, 'held', `${audit} holds`)
      await damage()
      const { state, violations, examples } = await analytics.audit(audit)
      t.equal(state, 'violated', `${audit} sees it when ${what}`)
      t.ok(violations > 0 && examples.length > 0)
    }
  })
}
