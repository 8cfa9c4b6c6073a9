// Audits of the fixed variant that count rows of its log, on rows that a test writes.
import t from 'tap'
import type { Audit, AuditOutcome } from '../../src/core/audit.ts'
import { EPOCH_MS } from '../../src/core/snowflake.ts'
import { partitionsWithin } from '../../src/workloads/messaging/audits/partitions-bounded.ts'
import { bucketOf, messageIdOf } from '../../src/workloads/messaging/ids.ts'
import { workload } from '../../src/workloads/messaging/index.ts'
import { buildPopulation } from '../../src/workloads/messaging/population.ts'
import { messagingStores } from '../../src/workloads/messaging/stores.ts'
import { journalOf } from '../helpers/social-data.ts'
import { startTestStores } from '../helpers/stores.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const { fixed } = workload.variants
const population = { seed: 1, size: 20 }
const { stores } = await startTestStores(['cassandra', 'redis'])
await fixed.seed(stores, population, {}, () => undefined)
const { cassandra } = messagingStores(stores, 'fixed')
const people = buildPopulation(population)
const conversation = people.conversationId(0)
const [ann = 0n, bob = 0n] = people.membersOf(0).map((user) => people.userId(user))

/** Five messages of Ann to Bob in two buckets; he has read the first two. */
const DAY_MS = 86_400_000
const ids = [1, 2, 3, 14, 15].map((day) => messageIdOf({ ms: EPOCH_MS + day * DAY_MS, sequence: 0 }))

function insert(id: bigint, bucket = bucketOf(id)): string {
  return `INSERT INTO messages (conversation_id, bucket, message_id, sender_id, sender_device, envelope)
    VALUES (${conversation}, ${bucket}, ${id}, ${ann}, 1, 0x00);
    INSERT INTO conversation_buckets (conversation_id, bucket) VALUES (${conversation}, ${bucket});`
}

await cassandra.execute(`${ids.map((id) => insert(id)).join('\n')}
  INSERT INTO watermarks (user_id, conversation_id, read_message_id) VALUES (${bob}, ${conversation}, ${ids[1]})`)
const sent = ids.map((id, number) => ({
  operation: 'message.send',
  keys: { key: `k${number}`, conversation, device: `${ann}:1` },
  result: { message: id.toString(), recipients: 1 },
}))

function run(found: Audit): Promise<AuditOutcome> {
  return found.run({ stores, population, choice: {}, journal: journalOf(sent), seed: 1, profile: 'steady' })
}

function audit(name: string): Promise<AuditOutcome> {
  const found = fixed.audits.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no audit is called ${name}`)
  return run(found)
}

t.test(
  'a partition with more rows or bytes than it may have is seen, and a message in another one than its own (M-01)',
  async (t) => {
    t.match(await audit('partitions.bounded'), { state: 'held', checked: 2 })
    // Of three rows and of two, each with an envelope of one byte and 60 bytes more.
    const first = `partition ${conversation} ${bucketOf(ids[0] ?? 0n)} has 3 rows and 183 bytes`
    const [held, violated] = [
      { state: 'held', checked: 2 },
      { state: 'violated', violations: 1, examples: [first] },
    ]
    t.match(await run(partitionsWithin({ rows: 3, bytes: 183 })), held)
    t.match(await run(partitionsWithin({ rows: 2, bytes: 183 })), violated)
    t.match(await run(partitionsWithin({ rows: 3, bytes: 182 })), violated)
    const [id = 0n] = ids
    const next = bucketOf(id) + 1
    await cassandra.execute(insert(id + 1n, next))
    t.match(await audit('partitions.bounded'), {
      state: 'violated',
      violations: 1,
      examples: [`message ${id + 1n} of ${conversation} is in ${next}, where nobody looks for it`],
    })
    await cassandra.execute(`DELETE FROM messages WHERE conversation_id = ${conversation} AND bucket = ${next};
    DELETE FROM conversation_buckets WHERE conversation_id = ${conversation} AND bucket = ${next}`)
  },
)

t.test('unread is what is behind the mark, and a bucket that the index lost is seen (M-04)', async (t) => {
  t.match(await audit('unread.derived'), { state: 'held', checked: 2 })
  await cassandra.execute(
    `DELETE FROM conversation_buckets WHERE conversation_id = ${conversation} AND bucket = ${bucketOf(ids[0] ?? 0n)}`,
  )
  const { state, examples } = await audit('unread.derived')
  t.equal(state, 'violated')
  t.match(
    examples.join('\n'),
    new RegExp(`user ${bob} has 3 unread messages in ${conversation}, the log says 2`),
  )
})

t.test('a conversation has no more rows than were sent in it (M-05)', async (t) => {
  t.match(await audit('messages.one-row'), { state: 'held', checked: 5 })
  await cassandra.execute(insert(messageIdOf({ ms: EPOCH_MS + 16 * DAY_MS, sequence: 0 })))
  t.match(await audit('messages.one-row'), {
    state: 'violated',
    examples: [`5 messages were sent to ${conversation}, which has 6 rows`],
  })
})
