import t from 'tap'
import type { Readings, Trial } from '../../src/core/experiment.ts'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import { checkout } from '../../src/workloads/commerce/experiments/checkout/index.ts'
import { oversoldUnits } from '../../src/workloads/commerce/experiments/checkout/tally.ts'
import { experimentHost } from '../helpers/experiment.ts'
import { startTestStores } from '../helpers/stores.ts'

const DATABASE = 'arch_commerce_experiment'
const { stores, home, endpoints } = await startTestStores(['postgres'])
const postgres = (stores['postgres'] as PostgresClient).withDatabase(DATABASE)
const host = experimentHost({ stores, home, endpoints })
const { signal } = host
const running = await checkout.open(stores, { seed: 3, size: 200 }, host)
const TRIAL: Omit<Trial, 'row'> = {
  pattern: 'sellout',
  round: 0,
  clients: 6,
  perClient: 12,
  seed: 42,
  signal,
}
const seen = new Map<string, Readings>()
for (const { name: row } of checkout.rows) seen.set(row, await running.measure({ ...TRIAL, row }))

t.test('every order of every way to place one is counted once, and nothing is oversold', (t) => {
  for (const [row, readings] of seen) {
    const { ok = 0, lost = 0, serialization = 0, deadlock = 0, outOfStock = 0, other = 0 } = readings
    t.strictSame(
      Object.keys(readings),
      checkout.columns.map(({ name }) => name),
      row,
    )
    t.equal(ok + lost, 72, row)
    t.equal(lost, serialization + deadlock + outOfStock + other, row)
    t.equal(readings['oversold'], 0, row)
  }
  t.end()
})

t.test("the text's code loses orders to the database and tries none again; the strategies lose none", (t) => {
  t.match(seen.get('text'), { retries: 0 })
  t.ok((seen.get('text')?.['serialization'] ?? 0) > 0)
  t.ok((seen.get('serializable')?.['retries'] ?? 0) > 0)
  // They wait for each other.
  for (const row of ['conditional', 'unit-rows', 'saga']) t.match(seen.get(row), { ok: 72, lost: 0 }, row)
  t.end()
})

t.test('units that went out and never came in are counted as oversold', async (t) => {
  t.equal(await oversoldUnits(postgres), 0)
  const item = 'WHERE (order_id, line_number) = (SELECT order_id, line_number FROM order_items LIMIT 1)'
  await postgres.execute(
    `UPDATE order_items SET quantity = 5000, subtotal_minor = 5000 * unit_price_minor ${item}`,
  )
  t.ok((await oversoldUnits(postgres)) > 0)
})

t.test('what it made is gone when it closes', async (t) => {
  await running.close()
  t.equal(await postgres.databaseExists(DATABASE), false)
})
