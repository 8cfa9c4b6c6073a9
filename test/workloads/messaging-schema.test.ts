import t from 'tap'
import { workload } from '../../src/workloads/messaging/index.ts'
import { KEYSPACES, messagingStores } from '../../src/workloads/messaging/stores.ts'
import { startTestStores } from '../helpers/stores.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const { stores } = await startTestStores(workload.stores)
const { fixed } = workload.variants
const { server, cassandra } = messagingStores(stores, 'fixed')
await fixed.seed(stores, { seed: 1, size: 3 }, {}, () => undefined)

t.test('provisioning again changes nothing, and the live schema is the declared one (X-09)', async (t) => {
  t.match(await fixed.provision(stores, () => undefined), { changed: false })
  t.strictSame(await fixed.schemaDifferences(stores), [])
})

t.test('each change by hand is told by its object, and nothing else', async (t) => {
  for (const change of [
    'ALTER TABLE inbox ADD last_message text',
    'ALTER TABLE users DROP first_device',
    'ALTER TABLE messages WITH gc_grace_seconds = 1',
    "ALTER TABLE messages WITH compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', 'compaction_window_size': '1'}",
    'DROP TABLE sent_keys',
    'CREATE TABLE stranger (a int PRIMARY KEY)',
    'CREATE INDEX members_by_user ON members (user_id)',
    // Oldest first, where a page reads the newest.
    'DROP TABLE conversation_buckets',
    'CREATE TABLE conversation_buckets (conversation_id uuid, bucket int, PRIMARY KEY (conversation_id, bucket))',
  ])
    await cassandra.execute(change)
  // Whatever is in a table that nobody declared is told beside it, with values that are Cassandra's.
  const differences = (await fixed.schemaDifferences(stores)).filter(
    ({ object }) => !object.includes(' stranger.'),
  )
  t.strictSame(differences, [
    {
      object: 'column conversation_buckets.bucket',
      expected: 'int clustering 0 desc',
      found: 'int clustering 0 asc',
    },
    { object: 'column inbox.last_message', expected: 'nothing', found: 'text regular' },
    { object: 'column users.first_device', expected: 'int regular', found: 'nothing' },
    { object: 'index members.members_by_user', expected: 'nothing', found: 'an index' },
    { object: 'option messages.compaction.compaction_window_size', expected: '10', found: '1' },
    { object: 'option messages.gc_grace_seconds', expected: '864000', found: '1' },
    { object: 'table sent_keys', expected: 'a table', found: 'nothing' },
    { object: 'table stranger', expected: 'nothing', found: 'a table' },
  ])
})

t.test('provisioning makes a table that is missing, and leaves to its owner what was changed', async (t) => {
  t.match(await fixed.provision(stores, () => undefined), { changed: true })
  const objects = new Set((await fixed.schemaDifferences(stores)).map(({ object }) => object))
  t.notOk(objects.has('table sent_keys'))
  t.ok(objects.has('option messages.gc_grace_seconds'))
})

t.test('a keyspace that is not there is told as one', async (t) => {
  await server.dropKeyspace(KEYSPACES.fixed)
  t.strictSame(await fixed.schemaDifferences(stores), [
    { object: `keyspace ${KEYSPACES.fixed}`, expected: 'a keyspace', found: 'nothing' },
  ])
})
