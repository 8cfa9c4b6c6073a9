// `arch experiment text-columns`, `rollups` and `dashboards` on a real ClickHouse: the text's table, its AVG, its dashboards.
import t from 'tap'
import type { Experiment, Readings, RunningExperiment } from '../../src/core/experiment.ts'
import type { ClickHouseClient } from '../../src/stores/clickhouse/client.ts'
import { dashboards } from '../../src/workloads/analytics/experiments/dashboards/index.ts'
import { rollups } from '../../src/workloads/analytics/experiments/rollups/index.ts'
import { textColumns } from '../../src/workloads/analytics/experiments/text-columns/index.ts'
import { timeOrder } from '../../src/workloads/analytics/experiments/time-order/index.ts'
import { experimentHost } from '../helpers/experiment.ts'
import { startTestStores } from '../helpers/stores.ts'

const SIZE = 30_000
const { stores, home, endpoints } = await startTestStores(['clickhouse'])
const server = stores['clickhouse'] as ClickHouseClient
const host = experimentHost({ stores, home, endpoints })
const { signal } = host

interface Opened {
  readonly running: RunningExperiment
  readonly measure: (pattern: string, row: string) => Promise<Readings>
}

async function open(experiment: Experiment): Promise<Opened> {
  const running = await experiment.open(stores, { seed: 42, size: SIZE }, host)
  return {
    running,
    measure: (pattern, row) =>
      running.measure({ pattern, row, round: 0, clients: 1, perClient: 1, seed: 42, signal }),
  }
}

void t.test(
  "the text's columns are weighed beside the fixed ones, and what queries read of them",
  async (t) => {
    const { running, measure } = await open(textColumns)
    for (const database of ['fixed', 'text']) {
      const client = server.withDatabase(`arch_analytics_columns_${database}`)
      t.match((await client.query('SELECT count() AS events FROM events')).rows, [{ events: String(SIZE) }])
    }
    const rows = textColumns.patterns[0]?.rows ?? []
    let [text, fixed] = [0, 0]
    for (const { name } of rows.slice(0, 15)) {
      const readings = await measure('bytes', name)
      t.ok((readings['text'] ?? 0) > 0 && (readings['fixed'] ?? 0) > 0, name)
      t.equal(readings['ratio'], (readings['text'] ?? 0) / (readings['fixed'] ?? 0))
      text += readings['text'] ?? 0
      fixed += readings['fixed'] ?? 0
    }
    const columns = await measure('bytes', 'columns')
    t.ok(Math.abs((columns['text'] ?? 0) - text) < 1e-9 && Math.abs((columns['fixed'] ?? 0) - fixed) < 1e-9)
    t.ok(((await measure('bytes', 'event_type'))['ratio'] ?? 0) > 1, 'A-07')
    t.notOk('ratio' in (await measure('bytes', 'rest')), 'different things have no ratio')

    t.match(await measure('queries', 'whole-table'), { differ: 0, textRows: SIZE, fixedRows: SIZE })
    t.ok(((await measure('queries', 'whole-table'))['bytesRatio'] ?? 0) > 1)
    t.ok(
      ((await measure('queries', 'by-session'))['differ'] ?? 0) > 0,
      'events of one second have no order (A-09)',
    )
    await running.close()
  },
)

void t.test(
  'averages of averages are wrong, sums and states are right (A-22), and both are counted',
  async (t) => {
    const { running, measure } = await open(rollups)
    for (const { name: pattern } of rollups.patterns) {
      const { averages = 0, wrong = 0, largest = 0 } = await measure(pattern, 'average')
      t.ok(wrong > 0 && wrong <= averages, `${wrong} of ${averages} by ${pattern}`)
      t.ok(largest > 0)
      for (const row of ['weighted', 'sums', 'states'])
        t.match(await measure(pattern, row), { averages, wrong: 0 }, row)
    }

    // The same count without the database's arithmetic.
    const client = server.withDatabase('arch_analytics_rollups')
    const { rows } = await client.query<{ key: string; mean: number; kept: readonly number[] }>(
      `SELECT e.key AS key, mean, kept
    FROM (SELECT concat(toString(date), event_type, country) AS key, avg(duration_ms) AS mean FROM events GROUP BY key) AS e
    JOIN (SELECT concat(toString(toDate(minute)), event_type, country) AS key, groupArray(duration) AS kept FROM averages GROUP BY key) AS a
    ON e.key = a.key`,
    )
    const errors = rows.map(({ mean, kept }) =>
      Math.abs(kept.reduce((sum, each) => sum + each, 0) / kept.length / mean - 1),
    )
    const { wrong, averages, largest = 0 } = await measure('day', 'average')
    t.equal(averages, rows.length)
    t.equal(wrong, errors.filter((error) => error > 1e-9).length)
    t.ok(Math.abs(largest - 100 * Math.max(...errors)) < 1e-6)

    // One group's sum that is off, and one group that is not there at all.
    await client.command(
      'INSERT INTO sums SELECT minute, event_type, country, 1, 0 FROM sums ORDER BY minute LIMIT 1',
    )
    t.match(await measure('day', 'sums'), { wrong: 1 })
    await client.command("ALTER TABLE states DELETE WHERE country = 'US' AND event_type = 'click'", {
      settings: { mutations_sync: 1 },
    })
    const lost = await measure('day', 'states')
    t.ok((lost['wrong'] ?? 0) >= 1)
    t.equal(lost['largest'], 100)
    await running.close()
  },
)

void t.test('a projection by time reads less and costs more, and answers the same (A-05)', async (t) => {
  const { running, measure } = await open(timeOrder)
  const [third, projection] = [await measure('day', 'third'), await measure('day', 'projection')]
  t.match([third, projection, await measure('day', 'offsets')], [{ differ: 0 }, { differ: 0 }, { differ: 0 }])
  t.ok((projection['rows'] ?? 0) > 0 && (projection['rows'] ?? 0) < (third['rows'] ?? 0))
  const [plain, kept] = [await measure('cost', 'third'), await measure('cost', 'projection')]
  t.ok((plain['insert'] ?? 0) > 0 && (kept['insert'] ?? 0) > 0)
  t.ok((kept['bytes'] ?? 0) > 1.5 * (plain['bytes'] ?? 0), 'all columns are there twice')
  await server.withDatabase('arch_analytics_order_third').command('TRUNCATE TABLE events')
  t.ok(((await measure('day', 'third'))['differ'] ?? 0) > 0, 'an answer that is another is counted')
  await running.close()
})

void t.test('what they made is gone when they close', async (t) => {
  for (const name of ['columns_fixed', 'columns_text', 'order_source', 'order_third', 'rollups'])
    t.equal(await server.databaseExists(`arch_analytics_${name}`), false, name)
})

void t.test(
  'dashboards of rollups answer what the events do and read less (A-17); an answer that is off is counted',
  async (t) => {
    const { running, measure } = await open(dashboards)
    for (const { name } of dashboards.rows) {
      const readings = await measure('half-hour', name)
      t.match(readings, { differ: 0 }, name)
      t.ok((readings['answered'] ?? 0) > 0 && (readings['rollupGranules'] ?? 0) > 0, name)
      t.ok((readings['rollupCold'] ?? 0) > 0 && (readings['eventsCold'] ?? 0) > 0)
      t.equal(readings['ratio'], (readings['eventsHot'] ?? 0) / (readings['rollupHot'] ?? 0))
    }
    for (const name of ['traffic', 'places'])
      t.match(await measure('half-hour', name), { eventsRows: SIZE }, 'events are not in the order of time')
    const client = server.withDatabase('arch_analytics_dashboards')
    await client.command(
      'INSERT INTO hot_minutes SELECT * REPLACE (toUInt64(1) AS events) FROM hot_minutes ORDER BY minute DESC LIMIT 1',
      { settings: { insert_deduplicate: 0 } },
    )
    for (const name of ['traffic', 'places'])
      t.ok(((await measure('half-hour', name))['differ'] ?? 0) > 0, name)
    await running.close()
    t.notOk(await server.databaseExists('arch_analytics_dashboards'))
  },
)
