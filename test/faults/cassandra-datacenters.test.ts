import t from 'tap'
import { storeStatus } from '../../src/session/status.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { CassandraClient } from '../../src/stores/cassandra/client.ts'
import { cutDatacenters, healDatacenters } from '../helpers/cassandra-links.ts'
import { makeKept, missing, nodeAlone, startWriters, writeOne } from '../helpers/cassandra-writers.ts'
import { answerAlone } from '../helpers/faults/message-copies.ts'
import { cutMessages, spreadGateways } from '../helpers/faults/message-cuts.ts'
import { harmOf } from '../helpers/faults/message-tally.ts'
import { DATACENTERS } from '../helpers/faults/stores.ts'
import { makeMessaging } from '../helpers/messaging-case.ts'
import { storeCluster } from '../helpers/store-cluster.ts'

// Four nodes start in twenty seconds or in fifty.
t.setTimeout(500_000)
const { home, place, up, withClient } = await storeCluster<CassandraClient>('cassandra', 'multi-dc')

t.test('two data centres are two nodes each, of one ring, with copies of everything in both', async (t) => {
  const { endpoint, facts } = await up()
  t.match(facts, {
    topology: 'multi-dc',
    acknowledgedSurvives: 'power loss',
    settings: { datacenter: 'datacenter1', nodes: 'datacenter1 2, datacenter2 2' },
  })
  const { nodes = [] } = await storeStatus(place, 'cassandra', {})
  t.same(
    nodes.map((node) => `${node.name} ${node.host}:${node.port} ${node.state}`),
    [1, 2, 3, 4].map((node) => `multi-dc-${node} 127.0.0.${node}:${endpoint.port} answers`),
  )
  await withClient({ ...endpoint, datacenter: 'datacenter2' }, async (server) => {
    t.same(await server.datacenters(), { datacenter1: 2, datacenter2: 2 })
    const kept = await makeKept(server)
    const copies = { class: 'NetworkTopologyStrategy', datacenter1: '2', datacenter2: '2' }
    t.same((await kept.describe())?.replication, copies)
    t.same((await server.withKeyspace('system_auth').describe())?.replication, copies, 'so have the roles')
  })
})

t.test(
  'cut apart, each data centre goes on by its own quorum and knows nothing of the other; healed, both have everything',
  async (t) => {
    const { endpoint } = await up()
    const east = { ...endpoint, datacenter: 'datacenter1' }
    const west = { ...endpoint, datacenter: 'datacenter2' }
    await withClient(east, (one) =>
      withClient(west, async (two) => {
        const here = one.withKeyspace('kept')
        const there = two.withKeyspace('kept')
        const writers = [startWriters(here, 0), startWriters(there, 100)] as const
        await Promise.all(writers.map((each) => each.more(200)))
        await cutDatacenters(home)
        await Promise.all(writers.map((each) => each.more(500)))
        await Promise.all(writers.map((each) => each.stop()))
        t.same(
          writers.flatMap(({ failures }) => failures),
          [],
        )
        t.equal(await missing(here, writers[0]), 0)
        t.equal(await missing(there, writers[1]), 0)
        t.ok((await missing(there, writers[0])) > 0, 'what was written here since is not there')
        t.ok((await missing(here, writers[1])) > 0)
        await t.rejects(writeOne(here, 0, -1, 'EACH_QUORUM'), { name: 'OperationFailure' })
        for (const [index, writer] of [
          [0, 0],
          [3, 1],
        ] as const)
          await withClient(nodeAlone(endpoint, index), async (newcomer) => {
            const own = writers[writer]
            t.equal(await missing(newcomer.withKeyspace('kept'), own), 0, 'who comes now is let in')
          })

        await healDatacenters(home)
        while ((await missing(there, writers[0])) > 0) continue
        while ((await missing(here, writers[1])) > 0) continue
        await up()
        await writeOne(here, 0, -1, 'EACH_QUORUM')
        t.pass('both have everything, and agree again')
      }),
    )
  },
)

t.test(
  'data centres are cut apart while messages are sent in both: each that was acknowledged reaches each device once, in order, and is in both when they are healed (MSG-17)',
  async (t) => {
    const running = await upStores(['cassandra', 'redis'], {
      provider: 'native',
      topology: DATACENTERS,
      home,
    })
    const endpoints = running.map(({ endpoint }) => endpoint)
    const stores = await connectStores(endpoints, { poolSize: 24, applicationName: 'arch test' })
    t.teardown(() => closeStores(stores))
    const messaging = await makeMessaging({ home, endpoints, stores }, { apart: true })
    t.teardown(() => messaging.close())
    await answerAlone(messaging)
    await spreadGateways(messaging)
    const tally = await cutMessages(messaging, false)
    t.same(harmOf(tally), [])
    t.ok(tally.acknowledged > 200, `${tally.acknowledged} were acknowledged, ${tally.unknown} had no answer`)
  },
)
