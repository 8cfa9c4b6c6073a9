// The live tables of the analytics case: what the text says of them, what was corrected, and what differs from the files.
import t from 'tap'
import { generateEvents } from '../../src/workloads/analytics/seed/generate.ts'
import { workload } from '../../src/workloads/analytics/index.ts'
import { topicSpecs } from '../../src/workloads/analytics/fixed/topics.ts'
import { analyticsStores } from '../../src/workloads/analytics/stores.ts'
import { seedsOf } from '../../src/workloads/analytics/world.ts'
import type { ClickHouseClient } from '../../src/stores/clickhouse/client.ts'
import { ANALYTICS_STORES } from '../helpers/analytics.ts'
import { startTestStores } from '../helpers/stores.ts'

t.setTimeout(600_000)

const { stores } = await startTestStores(ANALYTICS_STORES)
const { fixed, 'as-written': asWritten } = workload.variants
const asFixed = analyticsStores(stores, 'fixed')
const asText = analyticsStores(stores, 'as-written')
for (const variant of [fixed, asWritten])
  await variant.seed(stores, { seed: 1, size: 0 }, {}, () => undefined)

const DAY_MS = 86_400_000

/** The fifteen columns of the text (l. 781-802): by name, the type that it gives, and the one that was corrected. */
const COLUMNS: Readonly<Record<string, readonly [asWritten: string, asFixed: string]>> = {
  event_id: ['UUID', 'UUID'],
  event_type: ['String', 'LowCardinality(String)'],
  user_id: ['UInt64', 'UInt64'],
  session_id: ['UUID', 'UUID'],
  page_url: ['String', 'String'],
  referrer: ['String', 'String'],
  user_agent: ['String', 'LowCardinality(String)'],
  country: ['String', 'LowCardinality(String)'],
  region: ['String', 'LowCardinality(String)'],
  city: ['String', 'LowCardinality(String)'],
  device_type: ['LowCardinality(String)', 'LowCardinality(String)'],
  browser: ['LowCardinality(String)', 'LowCardinality(String)'],
  duration_ms: ['UInt32', 'UInt32'],
  event_time: ['DateTime', "DateTime64(3, 'UTC')"],
  date: ['Date', 'Date'],
}

async function typesIn(clickhouse: ClickHouseClient): Promise<Readonly<Record<string, string>>> {
  const { rows } = await clickhouse.query<{ name: string; type: string }>(
    "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'events' ORDER BY position",
  )
  return Object.fromEntries(rows.map(({ name, type }) => [name, type]))
}

async function monthsOf(table: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await asFixed.clickhouse.query<{ month: string; rows: number }>(
    'SELECT partition AS month, toUInt32(sum(rows)) AS rows FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND active GROUP BY month ORDER BY month',
    { parameters: { table } },
  )
  return Object.fromEntries(rows.map(({ month, rows: count }) => [month, count]))
}

void t.test(
  "as written, the live table has the text's fifteen columns and no other (ANA-16, ANA-17)",
  async (t) => {
    const types = await typesIn(asText.clickhouse)
    t.same(
      Object.entries(types),
      Object.entries(COLUMNS).map(([name, [written]]) => [name, written]),
    )
  },
)

void t.test('as fixed, the live table has all fifteen, corrected (ANA-16, ANA-17, A-07, A-09)', async (t) => {
  const types = await typesIn(asFixed.clickhouse)
  t.match(types, Object.fromEntries(Object.entries(COLUMNS).map(([name, [, type]]) => [name, type])))
})

for (const [name, { clickhouse }] of [
  ['as written', asText],
  ['as fixed', asFixed],
] as const)
  void t.test(
    `${name}, it is a MergeTree by months with the text's sort key and granules of 8,192 rows (ANA-19 to ANA-22)`,
    async (t) => {
      const { rows } = await clickhouse.query(
        "SELECT engine, partition_key, sorting_key, primary_key, engine_full FROM system.tables WHERE database = currentDatabase() AND name = 'events'",
      )
      const key = 'event_type, country, event_time'
      t.match(rows, [
        {
          engine: 'MergeTree',
          partition_key: 'toYYYYMM(event_time)',
          sorting_key: key,
          primary_key: key,
          engine_full: /index_granularity = 8192\b/,
        },
      ])
    },
  )

void t.test(
  'a month is dropped whole and at once, in events and in their rollup, and no other is touched (ANA-20)',
  async (t) => {
    const { clickhouse } = asFixed
    const now = new Date()
    // Thirty days that end in the middle of the month before this one lie in two months.
    const endMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15)
    const gapMs = (30 * 86_400_000) / 100
    await generateEvents(clickhouse, { seeds: seedsOf(1), first: 0, count: 100, endMs, gapMs })
    const before = [await monthsOf('events'), await monthsOf('events_by_minute')]
    const [older = '', newer = ''] = Object.keys(before[0] ?? {})
    t.equal((before[0]?.[older] ?? 0) + (before[0]?.[newer] ?? 0), 10_000)
    for (const table of ['events', 'events_by_minute'])
      await clickhouse.command(`ALTER TABLE ${table} DROP PARTITION ${older}`)
    t.same(
      [await monthsOf('events'), await monthsOf('events_by_minute')],
      before.map((months) => ({ [newer]: months[newer] })),
    )
    const { rows } = await clickhouse.query(
      'SELECT mutation_id FROM system.mutations WHERE database = currentDatabase()',
    )
    t.same(rows, [], 'no part was written anew for it')
  },
)

/** Leaves one batch of each age in days, whose number it is. */
async function onlyBatchesOf(ages: readonly number[]): Promise<void> {
  const { clickhouse } = asFixed
  await clickhouse.command('TRUNCATE TABLE events')
  for (const days of ages) {
    const endMs = Date.now() - days * DAY_MS
    await generateEvents(clickhouse, { seeds: seedsOf(1), first: days, count: 1, endMs, gapMs: 1 })
  }
}

void t.test(
  'events older than 35 days are on the volume for what is old, and are found by the same queries (A-12)',
  async (t) => {
    const { clickhouse } = asFixed
    await onlyBatchesOf([90, 1])
    const { rows } = await clickhouse.query(
      `SELECT batch_id, toFloat64(count()) AS events, any(parts.disk_name) AS disk FROM events
      JOIN (SELECT name, disk_name FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active) AS parts ON parts.name = events._part
      GROUP BY batch_id ORDER BY batch_id`,
    )
    t.same(rows, [
      { batch_id: '1', events: 100, disk: 'default' },
      { batch_id: '90', events: 100, disk: 'cold' },
    ])
  },
)

void t.test(
  'events older than 400 days go when their parts are merged, younger ones stay (A-12)',
  async (t) => {
    const { clickhouse } = asFixed
    await onlyBatchesOf([410, 390])
    await clickhouse.command('OPTIMIZE TABLE events FINAL')
    const { rows } = await clickhouse.query('SELECT DISTINCT batch_id FROM events')
    t.same(rows, [{ batch_id: '390' }])
  },
)

void t.test(
  'the live schema is compared with the declared one: each change is told, and nothing else',
  async (t) => {
    const { clickhouse, kafka } = asFixed
    t.same(await fixed.schemaDifferences(stores), [])
    t.same(await asWritten.schemaDifferences(stores), [])
    for (const change of [
      'ALTER TABLE dead_letters MODIFY COLUMN reason String',
      'ALTER TABLE events DROP INDEX pages',
      'ALTER TABLE hot_pages MODIFY TTL minute + INTERVAL 2 HOUR',
      'ALTER TABLE batches MODIFY SETTING non_replicated_deduplication_window = 0',
      'DROP TABLE hot_pages_view',
      'CREATE TABLE stranger (a UInt8) ENGINE = Null',
    ])
      await clickhouse.command(change)
    const specs = await topicSpecs()
    await kafka.ensureTopics(
      specs.map((spec) => ({ ...spec, settings: { ...spec.settings, 'retention.ms': '1000000' } })),
    )
    t.match(await fixed.schemaDifferences(stores), [
      { object: 'table batches', expected: /window = 10000/, found: /window = 0/ },
      {
        object: 'table dead_letters',
        expected: /`reason` LowCardinality\(String\)/,
        found: /`reason` String/,
      },
      { object: 'table events', expected: /INDEX pages/, found: /^(?!.*INDEX pages)/ },
      { object: 'table hot_pages', expected: /toIntervalHour\(1\)/, found: /toIntervalHour\(2\)/ },
      { object: 'table hot_pages_view', expected: /MATERIALIZED VIEW/, found: 'nothing' },
      { object: 'table stranger', expected: 'nothing' },
      { object: 'topic events', expected: /retention\.ms=86400000/, found: /retention\.ms=1000000/ },
      { object: 'topic dead-letters', expected: /retention\.ms=2592000000/, found: /retention\.ms=1000000/ },
    ])
    t.same(await asWritten.schemaDifferences(stores), [], 'of the other variant nothing changed')
  },
)
