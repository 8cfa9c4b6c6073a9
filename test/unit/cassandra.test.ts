import t from 'tap'
import { keyspaceName } from '../../src/stores/cassandra/names.ts'
import { statementsOf } from '../../src/stores/cassandra/script.ts'
import { serverSettings } from '../../src/stores/cassandra/settings.ts'

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
