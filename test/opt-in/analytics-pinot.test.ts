// Pinot in the place of ClickHouse's rollups (--strategy hot=pinot), and the store itself, in one file: it is started once.
// `npm run test:pinot`: no part of `npm test`, which would fetch 133 MB for it.
import t from 'tap'
import { newCost } from '../../src/core/cost.ts'
import { openHome } from '../../src/machine/home.ts'
import { readInstance } from '../../src/session/instance.ts'
import { openPinot } from '../../src/stores/pinot/connect.ts'
import type { PinotClient } from '../../src/stores/pinot/client.ts'
import type { RealtimeApplication } from '../../src/workloads/analytics/application.ts'
import { realtimeAudits } from '../../src/workloads/analytics/audits/index.ts'
import { EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import { openFixed } from '../../src/workloads/analytics/fixed/open.ts'
import { frameRecord } from '../../src/workloads/analytics/fixed/ingest/frame.ts'
import { messageOf, singleEvents } from '../../src/workloads/analytics/fixed/realtime/pinot/single-events.ts'
import { pinotSink } from '../../src/workloads/analytics/fixed/realtime/pinot/sink.ts'
import {
  HOT_EVENTS,
  freshHotEvents,
  hotEventsDifferences,
} from '../../src/workloads/analytics/fixed/realtime/pinot/table.ts'
import { DASHBOARD_NAMES } from '../../src/workloads/analytics/model.ts'
import type { DashboardName } from '../../src/workloads/analytics/model.ts'
import { startRealtime } from '../../src/workloads/analytics/fixed/realtime/role.ts'
import { HEADER, REALTIME_GROUP, TOPIC } from '../../src/workloads/analytics/fixed/topics.ts'
import { ANALYTICS_STORES, batchNumber, bodyOf, ingestHere, openAnalyticsCase } from '../helpers/analytics.ts'
import { eventually, newContext } from '../helpers/context.ts'
import { startNewStores } from '../helpers/stores.ts'
import { strangersAnswer } from '../helpers/zookeeper.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const BATCHES = 30
const NO_AUTH = -102
const FORBIDDEN = 403
// Stores of its own: no other file is to share the machine with a Pinot that it has not asked for.
const started = await startNewStores([...ANALYTICS_STORES, 'pinot'])
const analytics = await openAnalyticsCase(started, 1_000, { hot: 'pinot' })
const pinot = started.stores['pinot'] as PinotClient
const { kafka, clickhouse } = analytics.own
const endpoint = started.endpoints.find(({ store }) => store === 'pinot')
if (endpoint === undefined) throw new Error('no endpoint')

const failure = (kind: string): { name: string; kind: string } => ({ name: 'OperationFailure', kind })

async function inPinot(): Promise<number> {
  const [row] = await pinot.query<{ events: number }>(`SELECT COUNT(*) AS events FROM ${HOT_EVENTS.table}`)
  return row?.events ?? 0
}

const inClickHouse = (): Promise<number> =>
  analytics.count('SELECT count() FROM events WHERE kafka_partition < 100')

/** A record that holds batch `index`, as a consumer frames it. */
function blockOf(index: number, offset = BigInt(index)): Parameters<typeof pinotSink.store>[1] {
  const headers = { [HEADER.batch]: `${batchNumber(index)}`, [HEADER.version]: EVENT_VERSION }
  const place = { topic: TOPIC.events, partition: 0, offset, key: 'session' }
  const record = { ...place, value: bodyOf(index), headers, timestampMs: Date.now() }
  const framed = [{ ...frameRecord(record), record }]
  return { topic: TOPIC.events, partition: 0, first: 0n, next: 1n, records: [record], framed, unreadable: [] }
}

t.test('events reach Pinot once, broken and repeated ones among them, and every audit holds', async (t) => {
  const roles = [await ingestHere(analytics), await ingestHere(analytics, startRealtime)]
  for (let index = 0; index < BATCHES; index += 1) await analytics.send(index)
  for (const again of [3, 17]) await analytics.send(again)
  await analytics.settled()
  await analytics.settled(REALTIME_GROUP)
  await Promise.all(roles.map((role) => role.close()))
  t.equal(await inPinot(), await inClickHouse())
  t.ok((await inPinot()) > (BATCHES - 1) * 100)
  const fresh = roles[1]?.ends.map(({ key }) => key) ?? []
  t.equal(new Set(fresh).size, BATCHES, 'each batch has ended its flow when Pinot found its events')
  t.same(await analytics.violations(realtimeAudits), [])
  t.equal(await analytics.count('SELECT count() FROM hot_minutes'), 0, 'and no rollup is kept beside it')
})

/** Dashboards show the last minutes: what is compared is asked in one and the same. */
async function withinOneMinute<Answers>(ask: () => Promise<Answers>): Promise<Answers> {
  const minute = (): number => Math.floor(Date.now() / 60_000)
  for (;;) {
    const before = minute()
    const answers = await ask()
    if (minute() === before) return answers
  }
}

/** The dashboards' questions, asked of all events. */
const OF_ALL: Readonly<Record<DashboardName, string>> = {
  traffic: `SELECT toUnixTimestamp(toStartOfMinute(event_time)) AS minute_s, toFloat64(count()) AS events, toFloat64(uniqExact(user_id)) AS users, avg(duration_ms) AS avg_duration
    FROM events WHERE kafka_partition < 100 AND toStartOfMinute(event_time) > now('UTC') - INTERVAL 15 MINUTE GROUP BY minute_s ORDER BY minute_s`,
  places: `SELECT country, device_type, toFloat64(count()) AS events, toFloat64(uniqExact(user_id)) AS users
    FROM events WHERE kafka_partition < 100 AND toStartOfMinute(event_time) > now('UTC') - INTERVAL 30 MINUTE
    GROUP BY country, device_type ORDER BY events DESC, country, device_type`,
  pages: `SELECT page_url, toFloat64(count()) AS views
    FROM events WHERE kafka_partition < 100 AND toStartOfMinute(event_time) > now('UTC') - INTERVAL 5 MINUTE AND event_type = 'pageview'
    GROUP BY page_url ORDER BY views DESC, page_url LIMIT 10`,
}

t.test('dashboards answer from Pinot what the history says of the same minutes', async (t) => {
  const running = await openFixed(analytics.own)
  const application = running.application as RealtimeApplication
  for (const name of DASHBOARD_NAMES) {
    const [shown, expected] = await withinOneMinute(async () => [
      await application.ask(name, newContext()),
      (await clickhouse.query(OF_ALL[name])).rows,
    ])
    t.ok(shown.length > 0)
    t.same(shown, expected, name)
  }
  await running.close()
  const { rows } = await clickhouse.query("SELECT cutQueryStringAndFragment('/page/1#top?user=5') AS kept")
  t.same(rows, [{ kept: '/page/1#top' }], 'where test/unit/pinot.test.ts cuts addresses')
})

t.test(
  'a consumer that had not seen a batch sends it again, and Pinot does not count it again',
  async (t) => {
    await freshHotEvents({ pinot, kafka })
    const { signal } = new AbortController()
    const [once, again] = [blockOf(1), blockOf(1, 5n)]
    await pinotSink.store(analytics.own, once, signal)
    const before = await inPinot()
    t.ok(before > 0)
    await pinotSink.store(analytics.own, once, signal)
    await pinotSink.store(analytics.own, again, signal)
    await pinotSink.store(analytics.own, blockOf(2), signal)
    const [row] = await pinot.query<{ ids: number }>(
      `SELECT DISTINCTCOUNT(event_id) AS ids FROM ${HOT_EVENTS.table}`,
    )
    t.equal(await inPinot(), row?.ids)
    t.match(await analytics.audit('offsets.covered-realtime'), { state: 'violated' }, 'and a gap is told of')
  },
)

t.test(
  'reconciliation sees an event that Pinot alone holds, and one in the place of another (A-13)',
  async (t) => {
    await analytics.reset()
    const roles = [await ingestHere(analytics), await ingestHere(analytics, startRealtime)]
    for (let index = 0; index < 5; index += 1) await analytics.send(index)
    await analytics.settled()
    await analytics.settled(REALTIME_GROUP)
    await Promise.all(roles.map((role) => role.close()))
    t.match(await analytics.audit('sinks.reconciled'), { state: 'held' })
    const { rows } = await clickhouse.query<{ at: string }>(
      'SELECT toString(toUnixTimestamp64Milli(max(event_time))) AS at FROM events WHERE kafka_partition < 100',
    )
    const at = Number(rows[0]?.at)
    const [event] = blockOf(900).framed.flatMap((record) => singleEvents(record))
    if (event === undefined) throw new Error('no event')
    const alone = { ...event, event_time: at, minute: at - (at % 60_000) }
    await kafka.produce(HOT_EVENTS.topic, [messageOf(alone)])
    const before = await inClickHouse()
    await eventually(async () => (await inPinot()) === before + 1)
    t.match(await analytics.audit('sinks.reconciled'), {
      state: 'violated',
      violations: 1,
      examples: [/in Pinot$/],
    })
    await clickhouse.command(
      'INSERT INTO events SELECT * REPLACE (generateUUIDv4() AS event_id) FROM events WHERE kafka_partition < 100 ORDER BY event_time DESC LIMIT 1',
      { settings: { insert_deduplicate: 0 } },
    )
    t.match(await analytics.audit('sinks.reconciled'), {
      state: 'violated',
      violations: 1,
      examples: [/not the same ones/],
    })
  },
)

t.test('the live table is held against the declared one, and its password is not told', async (t) => {
  t.same(await hotEventsDifferences({ pinot, kafka }), [])
  const live = await pinot.tableOf(HOT_EVENTS.table)
  if (live === undefined) throw new Error('no table')
  const segmentsConfig = {
    ...(live.table as { segmentsConfig: object }).segmentsConfig,
    retentionTimeValue: '9',
  }
  await pinot.replaceTable(HOT_EVENTS.table, { ...live, table: { ...live.table, segmentsConfig } })
  t.same(await hotEventsDifferences({ pinot, kafka }), [
    { object: 'table.segmentsConfig.retentionTimeValue', expected: '"2"', found: '"9"' },
  ])
  await pinot.dropTable(HOT_EVENTS.table)
  t.same(await hotEventsDifferences({ pinot, kafka }), [], 'none is what every run begins with')
  await freshHotEvents({ pinot, kafka })
})

t.test('what Pinot refuses is told by its kind, and an answer counts its cost', async (t) => {
  const cost = newCost()
  await pinot.query(`SELECT COUNT(*) AS events FROM ${HOT_EVENTS.table}`, { cost })
  t.match(cost, { roundTrips: 1, rows: 1, roundTripsByStore: { pinot: 1 } })
  await t.rejects(pinot.query(`SELECT nothing FROM ${HOT_EVENTS.table}`), failure('unexpected'))
  await t.rejects(pinot.query('SELECT COUNT(*) FROM no_table'), failure('unexpected'))
  const signal = AbortSignal.abort()
  await t.rejects(pinot.query(`SELECT COUNT(*) FROM ${HOT_EVENTS.table}`, { signal }), failure('timeout'))
  const nowhere = openPinot({ ...endpoint, port: 1 }, { poolSize: 1, applicationName: 'test' })
  await t.rejects(nowhere.query(`SELECT COUNT(*) FROM ${HOT_EVENTS.table}`), failure('unavailable'))
})

t.test('nobody gets in without the password, by whichever port', async (t) => {
  const instance = await readInstance(await openHome(started.home, {}), 'pinot')
  const { zookeeper, broker, server } = instance?.furtherPorts ?? {}
  if (zookeeper === undefined || broker === undefined || server === undefined) throw new Error('no instance')
  const stranger = openPinot({ ...endpoint, password: 'guess' }, { poolSize: 1, applicationName: 'test' })
  await t.rejects(stranger.tableOf(HOT_EVENTS.table), { name: 'ArchError' })
  const text = JSON.stringify({ sql: `SELECT COUNT(*) FROM ${HOT_EVENTS.table}` })
  const asked = await fetch(`http://127.0.0.1:${broker}/query/sql`, { method: 'POST', body: text })
  t.notMatch(await asked.text(), /resultTable/)
  const taken = await fetch(`http://127.0.0.1:${server}/segments/${HOT_EVENTS.table}_REALTIME/any`)
  t.equal(taken.status, FORBIDDEN)
  t.equal(await strangersAnswer(zookeeper), NO_AUTH)
})
