import t from 'tap'
import { realtimeAudits } from '../../src/workloads/analytics/audits/index.ts'
import { frameRecord } from '../../src/workloads/analytics/fixed/ingest/frame.ts'
import { storeEvents } from '../../src/workloads/analytics/fixed/ingest/sink.ts'
import { openFixed } from '../../src/workloads/analytics/fixed/open.ts'
import { startRealtime } from '../../src/workloads/analytics/fixed/realtime/role.ts'
import { EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import { HEADER, REALTIME_GROUP, TOPIC } from '../../src/workloads/analytics/fixed/topics.ts'
import type { RealtimeApplication } from '../../src/workloads/analytics/application.ts'
import type { ReceivedMessage } from '../../src/stores/kafka/client.ts'
import { ANALYTICS_STORES, batchNumber, bodyOf, ingestHere, openAnalyticsCase } from '../helpers/analytics.ts'
import { newContext } from '../helpers/context.ts'
import { startTestStores } from '../helpers/stores.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const analytics = await openAnalyticsCase(await startTestStores(ANALYTICS_STORES))
const { own } = analytics

/** Sends batches to both groups, the third with a broken event, and waits until both have them. */
async function fill(): Promise<void> {
  await analytics.reset()
  const roles = [await ingestHere(analytics), await ingestHere(analytics, startRealtime)]
  for (let index = 0; index < 30; index += 1) await analytics.send(index)
  for (const again of [3, 17]) await analytics.send(again)
  await analytics.settled()
  await analytics.settled(REALTIME_GROUP)
  await Promise.all(roles.map((role) => role.close()))
}

const hotEvents = (): Promise<number> => analytics.count('SELECT sum(events) FROM hot_minutes')

t.test('both groups hold the same events minute by minute, and every audit holds', async (t) => {
  await fill()
  t.equal(await analytics.count('SELECT sum(events) FROM hot_batches'), 3_000)
  t.same(await analytics.violations(realtimeAudits), [])
})

t.test('dashboards answer from the rollups what was sent', async (t) => {
  const running = await openFixed(own)
  const application = running.application as RealtimeApplication
  const traffic = await application.ask('traffic', newContext())
  const places = await application.ask('places', newContext())
  const pages = await application.ask('pages', newContext())
  await running.close()
  const recent = await analytics.count(
    "SELECT count() FROM events WHERE kafka_partition < 100 AND event_time > toStartOfMinute(now('UTC')) - INTERVAL 14 MINUTE",
  )
  const sum = (rows: typeof traffic): number => rows.reduce((total, { events }) => total + Number(events), 0)
  t.ok(sum(traffic) >= recent && sum(traffic) <= 3_000, `${sum(traffic)} of ${recent}`)
  t.ok(sum(places) >= sum(traffic))
  t.ok(pages.length > 0 && pages.length <= 10)
})

t.test('a block that is stored again changes no rollup (A-01, A-04)', async (t) => {
  await analytics.reset()
  const record: ReceivedMessage = {
    topic: TOPIC.events,
    partition: 0,
    offset: 7n,
    key: 'session',
    value: bodyOf(7),
    headers: { [HEADER.batch]: `${batchNumber(7)}`, [HEADER.version]: EVENT_VERSION },
    timestampMs: Date.now(),
  }
  const insertion = { table: 'hot_events', token: 'once' }
  for (let time = 0; time < 3; time += 1)
    await storeEvents(own.clickhouse, [{ ...frameRecord(record), record }], insertion)
  t.equal(await hotEvents(), 100)
  t.equal(
    await analytics.count('SELECT sum(views) FROM hot_pages'),
    await analytics.count("SELECT sum(events) FROM hot_minutes WHERE event_type = 'pageview'"),
  )
  t.equal(await analytics.count('SELECT count() FROM hot_batches'), 1)
})

t.test(
  'reconciliation sees an event that only one sink holds, and one in the place of another (A-13)',
  async (t) => {
    await fill()
    await own.clickhouse.command(
      'INSERT INTO hot_minutes SELECT * REPLACE (toUInt64(1) AS events) FROM hot_minutes ORDER BY minute DESC LIMIT 1',
    )
    t.match(await analytics.audit('sinks.reconciled'), { state: 'violated', violations: 1 })
    await fill()
    await own.clickhouse.command(
      'INSERT INTO hot_minutes SELECT * REPLACE (toUInt64(0) AS events, toUInt64(1) AS checksum) FROM hot_minutes ORDER BY minute DESC LIMIT 1',
    )
    t.match(await analytics.audit('sinks.reconciled'), {
      state: 'violated',
      examples: [/not the same ones/],
    })
  },
)

t.test(
  'a row of the rollups that no count gives is told of: users, and views of a page (A-04)',
  async (t) => {
    await fill()
    await own.clickhouse.command(
      'INSERT INTO hot_minutes SELECT minute, event_type, country, device_type, 0, 0, duration, users FROM hot_minutes FINAL ORDER BY minute DESC LIMIT 1',
    )
    t.match(
      await analytics.audit('sinks.reconciled'),
      { state: 'held' },
      'a state that was there changes nothing',
    )
    await own.clickhouse.command(
      "INSERT INTO hot_minutes SELECT minute, event_type, country, device_type, 0, 0, arrayReduce('avgState', emptyArrayUInt32()), arrayReduce('uniqState', [toUInt64(18446744073709551615)]) FROM hot_minutes ORDER BY minute DESC LIMIT 1",
    )
    t.match(await analytics.audit('sinks.reconciled'), {
      state: 'violated',
      violations: 1,
      examples: [/users kept/],
    })
    await fill()
    await own.clickhouse.command(
      'INSERT INTO hot_pages SELECT minute, page_url, 1 FROM hot_pages ORDER BY minute DESC LIMIT 1',
    )
    t.match(await analytics.audit('sinks.reconciled'), {
      state: 'violated',
      violations: 1,
      examples: [/views kept/],
    })
  },
)

t.test('a group that has not read to the end is told of', async (t) => {
  await fill()
  await analytics.sendForeign({ [HEADER.batch]: '1', [HEADER.version]: EVENT_VERSION }, bodyOf(1))
  t.match(await analytics.audit('offsets.committed-realtime'), { state: 'violated', violations: 1 })
})

t.test('a record that one group alone has lost is told of', async (t) => {
  await fill()
  await own.clickhouse.command(`DELETE FROM hot_batches WHERE batch_id = ${batchNumber(21)}`, {
    settings: { lightweight_deletes_sync: 2 },
  })
  t.match(await analytics.audit('offsets.covered'), { state: 'held' })
  t.match(await analytics.audit('offsets.covered-realtime'), { state: 'violated', violations: 1 })
})
