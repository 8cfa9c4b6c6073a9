// `arch experiment messages-by-rate` on a real Cassandra. That of nodes is in test/faults, where there are several.
import t from 'tap'
import type { CassandraClient } from '../../src/stores/cassandra/client.ts'
import { offerRate } from '../../src/workloads/messaging/experiments/by-rate/offer-rate.ts'
import {
  dropMessageTables,
  makeMessageTable,
} from '../../src/workloads/messaging/experiments/by-rate/tables.ts'
import { experimentHost } from '../helpers/experiment.ts'
import { startTestStores } from '../helpers/stores.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const { stores, home, endpoints } = await startTestStores(['cassandra', 'redis'])
const server = stores['cassandra'] as CassandraClient
const host = experimentHost({ stores, home, endpoints })
const { signal } = host
const NAMES = { fixed: 'arch_messaging_rates', 'as-written': 'arch_messaging_rates_text' } as const
/** 120 messages, and 50 before them. */
const RATE = { perSecond: 100, seconds: 1.2, seed: 1, signal }
const ALL = 170

for (const variant of ['fixed', 'as-written'] as const)
  t.test(`all that is offered to the table ${variant} is written, each message once`, async (t) => {
    const table = await makeMessageTable(server, variant)
    const readings = await offerRate(table, host, RATE)
    t.equal(readings['missed'], 0)
    t.ok((readings['achieved'] ?? 0) > 0)
    t.ok((readings['p50'] ?? 0) > 0)
    t.notOk('p99' in readings || 'p999' in readings, 'of 120 samples there is no p99')
    const client = server.withKeyspace(NAMES[variant])
    const count = { text: 'SELECT count(*) FROM messages', idempotent: true }
    const [first] = await client.query<{ count: bigint }>(count)
    t.equal(Number(first?.count), ALL)
    await offerRate(table, host, RATE)
    const [again] = await client.query<{ count: bigint }>(count)
    t.equal(Number(again?.count), ALL, 'each begins with an empty table')
  })

t.test('what it made is gone when it closes', async (t) => {
  await dropMessageTables(server)
  const names = await server.keyspaceNames()
  t.same(
    Object.values(NAMES).filter((name) => names.includes(name)),
    [],
  )
})
