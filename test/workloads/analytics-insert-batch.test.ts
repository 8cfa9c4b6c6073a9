// `arch experiment insert-batch` on a real PostgreSQL and a real ClickHouse.
import t from 'tap'
import type { Readings } from '../../src/core/experiment.ts'
import type { ClickHouseClient } from '../../src/stores/clickhouse/client.ts'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import { insertBatch } from '../../src/workloads/analytics/experiments/insert-batch/index.ts'
import { experimentHost } from '../helpers/experiment.ts'
import { startTestStores } from '../helpers/stores.ts'

const DATABASE = 'arch_analytics_inserts'
const { stores, home, endpoints } = await startTestStores(['clickhouse', 'postgres'])
const postgres = (stores['postgres'] as PostgresClient).withDatabase(DATABASE)
const clickhouse = (stores['clickhouse'] as ClickHouseClient).withDatabase(DATABASE)
const host = experimentHost({ stores, home, endpoints })
const { signal } = host
const running = await insertBatch.open(stores, { seed: 42, size: 12_000 }, host)

function measure(pattern: string, row: string): Promise<Readings> {
  return running.measure({ pattern, row, round: 0, clients: 2, perClient: 3, seed: 42, signal })
}

const EVENTS = 'SELECT event_id, duration_ms, page_url FROM events'

interface Held {
  readonly event_id: string
  readonly duration_ms: number
  readonly page_url: string
}

void t.test('what was acknowledged is there, each event once and the same in either store', async (t) => {
  const ofClickhouse = await measure('clickhouse', '1K')
  const ofPostgres = await measure('postgres', '1K')
  const { rows } = await clickhouse.query<Held>(EVENTS)
  const others = await postgres.query<Held>({ name: 'events', text: EVENTS })
  for (const [{ inserts = 0, refused, perSecond = 0 }, held] of [
    [ofClickhouse, rows],
    [ofPostgres, others],
  ] as const) {
    t.ok(inserts > 0 && inserts <= 6, `${inserts} inserts`)
    t.equal(refused, 0)
    t.ok(perSecond > 0)
    t.equal(held.length, inserts * 1_000)
    t.equal(new Set(held.map((event) => event.event_id)).size, inserts * 1_000)
  }
  // Where a trial was ended by its time, one holds more of them than the other.
  const known = new Map(rows.map((event) => [event.event_id, event]))
  const common = others.filter((event) => known.has(event.event_id))
  t.ok(common.length >= 1_000)
  t.same(
    common.map((event) => known.get(event.event_id)),
    common.map((event) => ({ ...event })),
  )
})

void t.test('an insert is a part, however small it is (A-02)', async (t) => {
  for (const row of ['1', '100', '1K']) {
    const { inserts = 0, made, parts = 0 } = await measure('clickhouse', row)
    t.equal(made, inserts, row)
    t.ok(parts >= 1 && parts <= inserts, `${parts} are left`)
  }
})

void t.test('PostgreSQL is measured with the indexes of its queries, and without', async (t) => {
  const indexes = async (): Promise<number> => {
    const [row] = await postgres.query<{ count: bigint }>({
      name: 'indexes',
      text: "SELECT count(*) AS count FROM pg_indexes WHERE tablename = 'events'",
    })
    return Number(row?.count)
  }
  await measure('postgres', '10')
  t.equal(await indexes(), 0)
  await measure('indexed', '10')
  t.equal(await indexes(), 5)
})

void t.test('what it made is gone when it closes', async (t) => {
  await running.close()
  t.equal(await postgres.databaseExists(DATABASE), false)
  t.equal(await clickhouse.databaseExists(DATABASE), false)
})
