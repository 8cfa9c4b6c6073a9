import { stat } from 'node:fs/promises'
import t from 'tap'
import { topicDifferences } from '../../src/patterns/topics.ts'
import { downStores } from '../../src/session/down.ts'
import { readInstance } from '../../src/session/instance.ts'
import { storeLog } from '../../src/session/logs.ts'
import { storeStatus } from '../../src/session/status.ts'
import { upStores } from '../../src/session/up.ts'
import { isAlive } from '../../src/machine/process.ts'
import { messages, whole } from '../helpers/kafka.ts'
import { killNode } from '../helpers/kill.ts'
import { kafka } from '../helpers/kafka-cluster.ts'

const { home, nodes, options: cluster, place, up, withClient } = kafka

t.test('a cluster is three nodes, each with a process, data, a log and ports of its own', async (t) => {
  const { endpoint, facts, alreadyRunning } = await up()
  t.equal(alreadyRunning, false)
  t.match(facts, {
    topology: 'cluster',
    acknowledgedSurvives: 'process kill',
    settings: { 'default.replication.factor': '3', 'min.insync.replicas': '2' },
  })
  const status = await storeStatus(place, 'kafka', {})
  t.match(status, { state: 'answers', topology: 'cluster', port: endpoint.port })
  const { nodes: found = [] } = status
  t.same(
    found.map(({ name, state }) => `${name} ${state}`),
    ['cluster-1 answers', 'cluster-2 answers', 'cluster-3 answers'],
  )
  t.same(
    found.slice(1).map(({ host, port }) => ({ host, port })),
    endpoint.further,
  )
  for (const part of ['pid', 'port', 'data', 'log'] as const)
    t.equal(new Set(found.map((node) => node[part])).size, 3, part)
})

t.test('up again changes nothing', async (t) => {
  const before = await nodes()
  t.equal((await up()).alreadyRunning, true)
  t.same(await nodes(), before)
})

t.test('a node that was killed is told, and started again where it was by the next up, alone', async (t) => {
  const before = await nodes()
  await killNode(home, 'kafka', 1)
  const { state, nodes: found = [] } = await storeStatus(place, 'kafka', {})
  t.equal(state, 'answers', 'two of three are the store still')
  t.same(
    found.map((node) => node.state),
    ['answers', 'died', 'answers'],
  )
  t.equal((await up()).alreadyRunning, false)
  const after = await nodes()
  t.same([after[0], after[2]], [before[0], before[2]], 'the others were left alone')
  t.match(after[1], { port: before[1]?.port, furtherPorts: before[1]?.furtherPorts })
  t.not(after[1]?.process?.pid, before[1]?.process?.pid)
  t.match((await storeStatus(place, 'kafka', {})).nodes, [{}, { state: 'answers' }, {}])
})

t.test('another topology does not replace one that runs', async (t) => {
  const wish = upStores(['kafka'], { ...cluster, topology: 'single' })
  await t.rejects(wish, { message: /topology 'cluster'/, hint: /--topology cluster.*arch down/, exitCode: 3 })
  const other = upStores(['kafka'], { ...cluster, topology: 'multi-dc' })
  await t.rejects(other, { name: 'ArchError', exitCode: 3 })
})

t.test('the logs of nodes come one after the other, or by name', async (t) => {
  const read = async (node?: string): Promise<string> => {
    let text = ''
    const which = node === undefined ? {} : { node }
    for await (const chunk of storeLog('kafka', { home, env: {}, lines: 50, ...which })) text += chunk
    return text
  }
  t.match(await read(), /==> kafka cluster-1 <==[^]*==> kafka cluster-3 <==/)
  t.notMatch(await read('cluster-2'), /==>/)
  await t.rejects(read('cluster-4'), {
    name: 'ArchError',
    hint: /cluster-1, cluster-2, cluster-3/,
    exitCode: 2,
  })
  for (const secret of Object.values((await readInstance(place, 'kafka'))?.secrets ?? {}))
    t.notOk((await read()).includes(secret))
})

t.test(
  'a topic has as many copies as are declared, and one that has fewer is told of (ANA-11)',
  async (t) => {
    await withClient((await up()).endpoint, async (client) => {
      t.equal(await client.brokers(), 3)
      const [whole, alone] = [1, 3].map((partitions) => ({
        name: `copies-${partitions}`,
        partitions,
        settings: {},
      }))
      if (whole === undefined || alone === undefined) throw new Error('two topics')
      const declared = [whole, alone].map((spec) => ({ ...spec, copies: 3 }))
      await client.ensureTopics([
        { ...whole, copies: 5 },
        { ...alone, copies: 1 },
      ])
      t.match(await client.describeTopics([whole.name, alone.name]), [{ copies: 3 }, { copies: 1 }])
      t.same(await topicDifferences(client, declared), [
        { object: `topic ${alone.name}`, expected: '3 partitions, 3 copies', found: '3 partitions, 1 copy' },
      ])
    })
  },
)

t.test('down ends every node; each topology has data of its own, and finds it again', async (t) => {
  await withClient((await up()).endpoint, async (client) => {
    await client.ensureTopics([{ name: 'kept', partitions: 3, settings: {} }])
    await client.produce('kept', messages(100))
  })
  const ended = (await nodes()).flatMap(({ process }) => process ?? [])
  await downStores({ home, env: {}, volumes: false })
  t.same(await Promise.all(ended.map(isAlive)), [false, false, false])
  t.match(await storeStatus(place, 'kafka', {}), { state: 'stopped', nodes: [{ state: 'stopped' }, {}, {}] })

  const [single] = await upStores(['kafka'], { ...cluster, topology: 'single' })
  if (single === undefined) throw new Error('nothing was started')
  t.equal(single.facts.topology, 'single')
  t.same(await withClient(single.endpoint, (client) => client.topicNames()), [])
  await downStores({ home, env: {}, volumes: false })

  t.equal((await withClient((await up()).endpoint, (client) => whole(client, 'kept'))).length, 100)
  const { nodes: found = [] } = await storeStatus(place, 'kafka', {})
  await downStores({ home, env: {}, volumes: true })
  for (const { data, log } of found)
    for (const path of [data, log]) await t.rejects(stat(path), { code: 'ENOENT' })
})

t.test('a store that has no such topology says which it has', async (t) => {
  const wish = upStores(['kafka', 'clickhouse'], cluster)
  await t.rejects(wish, { message: /natively it has single/, hint: /kafka=cluster/, exitCode: 3 })
  t.equal((await storeStatus(place, 'kafka', {})).state, 'never started', 'and none is started')
  const other = upStores(['kafka'], { ...cluster, topology: { kafka: 'cluster-ha' } })
  await t.rejects(other, { message: /natively it has single, cluster/, exitCode: 3 })
})
