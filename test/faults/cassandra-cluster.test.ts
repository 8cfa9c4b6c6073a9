import t from 'tap'
import { keyspaceDifferences, provisionKeyspace } from '../../src/patterns/keyspace.ts'
import { openTables } from '../../src/workloads/messaging/experiments/by-nodes/measure.ts'
import { storeStatus } from '../../src/session/status.ts'
import type { CassandraClient } from '../../src/stores/cassandra/client.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import { makeKept, missing, nodeAlone, startWriters, writeOne } from '../helpers/cassandra-writers.ts'
import { answerAlone } from '../helpers/faults/message-copies.ts'
import { killCassandraNode } from '../helpers/faults/message-kills.ts'
import { harmOf } from '../helpers/faults/message-tally.ts'
import { CLUSTER } from '../helpers/faults/stores.ts'
import { killNode } from '../helpers/kill.ts'
import { makeMessaging } from '../helpers/messaging-case.ts'
import { storeCluster } from '../helpers/store-cluster.ts'

// Three nodes start in ten seconds or in thirty, and some of them do so three times more.
t.setTimeout(500_000)
const cassandra = await storeCluster<CassandraClient>('cassandra', 'cluster')
const { home, place, up, nodes, withClient } = cassandra

t.test('a cluster is three nodes on the same ports, each at an address of its own', async (t) => {
  const { endpoint, facts, alreadyRunning } = await up()
  t.equal(alreadyRunning, false)
  t.match(facts, {
    topology: 'cluster',
    acknowledgedSurvives: 'power loss',
    settings: { nodes: 'datacenter1 3' },
  })
  const { nodes: found = [], state } = await storeStatus(place, 'cassandra', {})
  t.equal(state, 'answers')
  t.same(
    found.map((node) => `${node.name} ${node.host}:${node.port} ${node.state}`),
    [1, 2, 3].map((node) => `cluster-${node} 127.0.0.${node}:${endpoint.port} answers`),
  )
  for (const part of ['pid', 'data', 'log'] as const)
    t.equal(new Set(found.map((node) => node[part])).size, 3, part)
  const before = await nodes()
  t.equal((await up()).alreadyRunning, true)
  t.same(await nodes(), before)
})

t.test('what is declared without its copies has one on each node; so have the roles', async (t) => {
  const declared = { keyspace: 'arch_messaging', files: ['schemas/messaging/as-written.cql'] }
  await withClient((await up()).endpoint, async (server) => {
    t.same(await server.datacenters(), { datacenter1: 3 })
    await provisionKeyspace(server, declared)
    t.same(await keyspaceDifferences(server, declared), [])
    for (const keyspace of ['arch_messaging', 'system_auth']) {
      const schema = await server.withKeyspace(keyspace).describe()
      t.same(schema?.replication, { class: 'NetworkTopologyStrategy', datacenter1: '3' }, keyspace)
    }
  })
})

t.test(
  'a kill -9 of one of three nodes loses nothing acknowledged, two go on, and the third catches up',
  async (t) => {
    const { endpoint } = await up()
    await withClient(endpoint, async (server) => {
      const client = await makeKept(server)
      const writers = startWriters(client)
      await writers.more(500)
      await killNode(home, 'cassandra', 1)
      await writers.more(2_000)
      await writers.stop()
      t.same(writers.failures, [], 'each write was tried at another node where it had to be')
      t.equal(await missing(client, writers), 0)
      t.match((await storeStatus(place, 'cassandra', {})).nodes, [{}, { state: 'died' }, {}])
      await withClient(nodeAlone(endpoint, 2), async (newcomer) => {
        t.same(await newcomer.datacenters(), { datacenter1: 3 }, 'a node that is down is one of three')
        t.equal(await missing(newcomer.withKeyspace('kept'), writers), 0, 'who comes now is let in too')
      })

      const before = await nodes()
      t.equal((await up()).alreadyRunning, false)
      const after = await nodes()
      t.same([after[0], after[2]], [before[0], before[2]], 'those that ran were left alone')
      t.same(after[1]?.port, before[1]?.port)
      // Who is asked alone has a copy, and is to answer from it.
      await client.execute(`ALTER TABLE kept WITH speculative_retry = 'NEVER'`)
      await withClient(nodeAlone(endpoint, 1), async (node) => {
        while ((await missing(node.withKeyspace('kept'), writers, 'LOCAL_ONE')) > 0) continue
        t.pass('what it missed was sent to it')
      })
    })
  },
)

t.test('one of three is no quorum: it acknowledges nothing, and with the others all is back', async (t) => {
  const { endpoint } = await up()
  await withClient(endpoint, async (server) => {
    const client = await makeKept(server)
    const writers = startWriters(client, 100)
    await writers.more(200)
    await writers.stop()
    for (const node of [1, 2]) await killNode(home, 'cassandra', node)
    await t.rejects(writeOne(client, 0, -1), { name: 'OperationFailure' })
    t.equal((await up()).alreadyRunning, false)
    t.equal(await missing(client, writers), 0)
    await writeOne(client, 0, -2)
  })
})

t.test(
  'one of three is killed while messages are sent: the others go on, each message that was acknowledged reaches each device once, in order, and the node catches up',
  async (t) => {
    const running = await upStores(['cassandra', 'redis'], { provider: 'native', topology: CLUSTER, home })
    const endpoints = running.map(({ endpoint }) => endpoint)
    const stores = await connectStores(endpoints, { poolSize: 24, applicationName: 'arch test' })
    t.teardown(() => closeStores(stores))
    const messaging = await makeMessaging({ home, endpoints, stores }, { apart: true })
    t.teardown(() => messaging.close())
    await answerAlone(messaging)
    const tally = await killCassandraNode(messaging, 1)
    t.same(harmOf(tally), [])
    t.ok(tally.acknowledged > 200, `${tally.acknowledged} were acknowledged, ${tally.unknown} had no answer`)
  },
)

const COUNT = { text: 'SELECT count(*) FROM messages', idempotent: true }
const CONVERSATIONS = { text: 'SELECT DISTINCT conversation_id, bucket FROM messages', idempotent: true }

t.test(
  'the experiment writes to as many nodes as a row says, beside one in turns, and what was acknowledged is there (MSG-16)',
  async (t) => {
    const { signal } = new AbortController()
    await withClient((await up()).endpoint, async (server) => {
      const tables = await openTables(server)
      const { one, all, byNode } = tables
      const count = async (client: CassandraClient): Promise<number> =>
        Number((await client.query<{ count: bigint }>(COUNT))[0]?.count)
      t.equal(byNode.length, 3)
      t.ok(byNode.every((conversations) => conversations.length === byNode[0]?.length))
      t.equal(new Set(byNode.flat()).size, 3 * (byNode[0]?.length ?? 0), 'none is of two nodes')

      const spread = await tables.measure({ row: '3 nodes', round: 0, signal }, 200)
      t.match(spread, { failed: 0, nodes: 3, copies: 1 })
      t.equal(await count(one), spread['acknowledged'], 'in the first round the row comes last')
      const copied = await tables.measure({ row: '3 nodes, 3 copies', round: 1, signal }, 200)
      t.match(copied, { failed: 0, nodes: 3, copies: 3 })
      t.equal(await count(all), copied['acknowledged'])
      t.equal(copied['ratio'], (copied['writes'] ?? 0) / (copied['base'] ?? 0))
      const rows = await one.query<{ conversation_id: string }>(CONVERSATIONS)
      const ofNode = new Set(byNode[1])
      t.ok(rows.length > 0 && rows.every((row) => ofNode.has(row.conversation_id)), 'one node has all')

      await tables.close()
      t.same(
        (await server.keyspaceNames()).filter((name) => name.startsWith('arch_messaging_nodes')),
        [],
      )
    })
  },
)
