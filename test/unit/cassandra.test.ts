import { createServer } from 'node:net'
import t from 'tap'
import { keyspaceName } from '../../src/stores/cassandra/names.ts'
import { statementsOf } from '../../src/stores/cassandra/script.ts'
import { copiesIn } from '../../src/stores/cassandra/datacenters.ts'
import { store as cassandra } from '../../src/stores/cassandra/index.ts'
import { serverSettings } from '../../src/stores/cassandra/settings.ts'
import { tokenOf } from '../../src/stores/cassandra/sites.ts'
import { chooseNodes } from '../../src/session/ports.ts'

t.test(
  'a CQL text is told apart at its semicolons, not at those of strings, names, functions and comments',
  async (t) => {
    const text = `
    -- first; of two
    INSERT INTO a (b) VALUES ('it''s; one' /* no; end */ ); // and; so on
    CREATE FUNCTION f() AS $$ return 1; $$ ; SELECT "odd;name" FROM a
  `
    t.same(
      statementsOf(text).map((statement) => statement.replaceAll(/\s+/g, ' ')),
      [
        `INSERT INTO a (b) VALUES ('it''s; one' )`,
        'CREATE FUNCTION f() AS $$ return 1; $$',
        'SELECT "odd;name" FROM a',
      ],
    )
    for (const nothing of ['', ' ; ;', '-- all; of it is a comment']) t.same(statementsOf(nothing), [])
  },
)

t.test('a name of a keyspace needs no quotes', async (t) => {
  for (const name of ['arch', 'arch_messaging_2']) t.equal(keyspaceName(name), name)
  for (const name of ['', '2arch', 'Arch', 'a-b', 'a;b', 'a"b', 'a'.repeat(49)])
    t.throws(() => keyspaceName(name), { name: 'ArchError' })
})

t.test('a node listens where it is told and nowhere else, whatever its path', async (t) => {
  const text = serverSettings({
    host: '127.0.0.2',
    port: 1,
    storagePort: 2,
    seeds: ['127.0.0.1', '127.0.0.2'],
    data: '/a "b"/c: d',
  })
  const lines = new Map(
    text
      .trim()
      .split('\n')
      .map((line): [string, unknown] => {
        const [, name = '', value = ''] = /^(\w+): (.*)$/.exec(line) ?? []
        return [name, JSON.parse(value)]
      }),
  )
  t.equal(lines.size, text.trim().split('\n').length, 'each setting once')
  t.equal(lines.get('listen_address'), '127.0.0.2')
  t.equal(lines.get('rpc_address'), '127.0.0.2')
  t.equal(lines.get('commitlog_directory'), '/a "b"/c: d/commitlog')
  t.match(lines.get('seed_provider'), [{ parameters: [{ seeds: '127.0.0.1:2,127.0.0.2:2' }] }])
})

t.test(
  'to other data centres a node is known by an address at which it does not listen itself',
  async (t) => {
    const place = { host: '127.0.0.3', port: 1, storagePort: 2, seeds: ['127.0.2.1'], data: '/a' }
    const text = serverSettings({ ...place, token: '7', abroad: '127.0.2.3' })
    for (const line of [
      'listen_address: "127.0.0.3"',
      'broadcast_address: "127.0.2.3"',
      'broadcast_rpc_address: "127.0.0.3"',
      'initial_token: "7"',
      'endpoint_snitch: "GossipingPropertyFileSnitch"',
    ])
      t.ok(text.split('\n').includes(line), line)
    t.notMatch(serverSettings(place), /broadcast|initial_token|Gossiping/)
  },
)

t.test('the nodes of each data centre divide the ring evenly, and no two nodes have one token', async (t) => {
  const three = ['1', '2', '3'].map((host) => ({ host, datacenter: 'a' }))
  t.same(
    three.map((_, index) => tokenOf(three, index)),
    ['-9223372036854775808', '-3074457345618258603', '3074457345618258602'],
  )
  const four = ['a', 'b', 'a', 'b'].map((datacenter) => ({ host: datacenter, datacenter }))
  t.same(
    four.map((_, index) => tokenOf(four, index)),
    ['-9223372036854775808', '-9223372036854775708', '0', '100'],
  )
})

t.test('a data centre holds as many copies as it has nodes, three at most', async (t) => {
  t.same(copiesIn({ a: 1, b: 2, c: 7 }), { a: 1, b: 2, c: 3 })
})

t.test(
  'nodes that know each other by addresses alone are given the same ports, free at all of them',
  async (t) => {
    const hosts = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
    const chosen = await chooseNodes(cassandra, hosts, [], {}, () => undefined)
    const [first] = chosen
    t.equal(chosen.length, 3)
    for (const node of chosen) t.same(node, first)
    t.same(await chooseNodes(cassandra, hosts, chosen, {}, () => undefined), chosen, 'again those it had')
    const other = createServer()
    await new Promise<void>((resolve) => {
      other.listen({ port: first?.port, host: '127.0.0.3' }, resolve)
    })
    t.teardown(() => other.close())
    const lines: string[] = []
    const anew = await chooseNodes(cassandra, hosts, chosen, {}, (line) => lines.push(line))
    t.not(anew[0]?.port, first?.port)
    t.equal(new Set(anew.map(({ port }) => port)).size, 1)
    t.match(lines, [`port ${first?.port} of Cassandra is taken`])
    const insisted = chooseNodes(
      cassandra,
      hosts,
      [],
      { ARCH_CASSANDRA_PORT: String(first?.port) },
      () => undefined,
    )
    await t.rejects(insisted, { name: 'ArchError', message: /ARCH_CASSANDRA_PORT/ })
  },
)
