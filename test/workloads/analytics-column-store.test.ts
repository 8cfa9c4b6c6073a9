// `arch experiment column-store` on a real PostgreSQL and a real ClickHouse: the same rows, the same answers.
import t from 'tap'
import type { Readings, RunningExperiment } from '../../src/core/experiment.ts'
import type { ClickHouseClient } from '../../src/stores/clickhouse/client.ts'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import {
  clickhouseContent,
  postgresContent,
} from '../../src/workloads/analytics/experiments/column-store/same-rows.ts'
import { columnStore } from '../../src/workloads/analytics/experiments/column-store/index.ts'
import { experimentHost } from '../helpers/experiment.ts'
import { startTestStores } from '../helpers/stores.ts'

const SIZE = 30_000
const DATABASE = 'arch_analytics_experiment'
const { stores, home, endpoints } = await startTestStores(['clickhouse', 'postgres'])
const postgres = (stores['postgres'] as PostgresClient).withDatabase(DATABASE)
const clickhouse = (stores['clickhouse'] as ClickHouseClient).withDatabase(DATABASE)
const host = experimentHost({ stores, home, endpoints })
const { signal } = host
const running: RunningExperiment = await columnStore.open(stores, { seed: 42, size: SIZE }, host)

function measure(pattern: string, row: string, round: number = 0): Promise<Readings> {
  return running.measure({ pattern, row, round, clients: 1, perClient: 1, seed: 42, signal })
}

void t.test('both engines hold the same rows', async (t) => {
  const content = await clickhouseContent(clickhouse)
  t.equal(content.rows, BigInt(SIZE))
  t.same(await postgresContent(postgres), content)
})

void t.test('every query has the same answer in both engines, and a ratio of the two times', async (t) => {
  for (const { name } of columnStore.rows) {
    const readings = await measure('queries', name)
    const { rows = 0, differ, postgres: ofPostgres = 0, clickhouse: ofClickhouse = 0, ratio } = readings
    t.ok(rows > 0, `${name}: ${rows} rows`)
    t.equal(differ, 0, name)
    t.ok(ofPostgres > 0 && ofClickhouse > 0, name)
    t.equal(ratio, ofPostgres / ofClickhouse, name)
  }
})

void t.test('bytes add up in either store, and every column of the text has its own', async (t) => {
  const rows = columnStore.patterns.find(({ name }) => name === 'bytes')?.rows ?? []
  const of = new Map<string, Readings>()
  for (const { name } of rows) of.set(name, await measure('bytes', name))
  const sum = (store: string, names: readonly string[]): number =>
    names.reduce((total, name) => total + (of.get(name)?.[store] ?? 0), 0)
  const columns = rows
    .map(({ name }) => name)
    .filter((name) => !['columns', 'rest', 'indexes', 'all'].includes(name))
  t.equal(columns.length, 15)
  for (const store of ['postgres', 'clickhouse']) {
    for (const name of columns) t.ok((of.get(name)?.[store] ?? 0) > 0, `${store} ${name}`)
    t.ok(Math.abs(sum(store, columns) - sum(store, ['columns'])) < 1e-9)
    t.ok(Math.abs(sum(store, ['columns', 'rest', 'indexes']) - sum(store, ['all'])) < 1e-9)
  }
  const { raw = 0, clickhouse: compressed = 0, rawRatio } = of.get('columns') ?? {}
  t.equal(rawRatio, raw / compressed)
  t.match(await measure('capacity', 'clickhouse'), { bytes: of.get('all')?.['clickhouse'] })
  t.match(await measure('capacity', 'postgres'), { bytes: of.get('all')?.['postgres'] })
})

void t.test('a row that is another, or missing, is seen in the content and in the answers', async (t) => {
  await postgres.execute(
    `UPDATE events SET duration_ms = duration_ms + 8, country = 'US'
     WHERE event_id = (SELECT event_id FROM events WHERE country != 'US' AND event_type = 'purchase' LIMIT 1)`,
  )
  t.not((await postgresContent(postgres)).hash, (await clickhouseContent(clickhouse)).hash)
  t.equal(
    (await measure('queries', 'whole-table', 1))['differ'],
    3,
    'one row of the answer, in each of three runs',
  )
  await postgres.execute(`DELETE FROM events WHERE device_type = 'tablet'`)
  t.ok(((await measure('queries', 'percentiles'))['differ'] ?? 0) > 0)
})

void t.test('what it made is gone when it closes, or is interrupted while it loads', async (t) => {
  await running.close()
  t.equal(await postgres.databaseExists(DATABASE), false)
  const interrupt = new AbortController()
  const loading = {
    ...host,
    signal: interrupt.signal,
    progress: (step: string): void => {
      if (step === 'postgres') interrupt.abort()
    },
  }
  await t.rejects(columnStore.open(stores, { seed: 42, size: SIZE }, loading))
  t.equal(interrupt.signal.aborted, true)
  t.equal(await postgres.databaseExists(DATABASE), false)
  t.equal(await clickhouse.databaseExists(DATABASE), false)
})
