import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { AuditOutcome } from '../../src/core/audit.ts'
import { fixedAudits } from '../../src/workloads/messaging/audits/index.ts'
import { CANARY } from '../../src/workloads/messaging/clients/plaintext.ts'
import { startPersister } from '../../src/workloads/messaging/fixed/persister.ts'
import { bucketOf } from '../../src/workloads/messaging/ids.ts'
import { eventually, roleHost } from '../helpers/context.ts'
import { openMessaging } from '../helpers/messaging.ts'
import type { Said, WitnessLine } from '../helpers/messaging.ts'
import { journalOf } from '../helpers/social-data.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging()
const { people, own, society, stores } = messaging
const { cassandra, redis } = own
const conversation = people.conversationId(0)
const [one = 0, other = 0] = people.membersOf(0)

const journal: Parameters<typeof journalOf>[0][number][] = []

function note(
  operation: string,
  { key, from, conversation, message }: Said,
  members?: string,
  kind = 'text',
): void {
  const keys = { key, device: from, conversation, kind, ...(members === undefined ? {} : { members }) }
  journal.push({ operation, keys, result: { message } })
}

for (let turn = 0; turn < 5; turn += 1)
  for (const user of [one, other])
    note('message.send', await messaging.say(messaging.device(user), conversation))
note(
  'message.send',
  await messaging.say(messaging.device(one), conversation, { kind: 'image' }),
  undefined,
  'image',
)
const inGroup = messaging.device(people.membersOf(people.pairs)[0] ?? 0)
note('message.send', await messaging.say(inGroup, people.conversationId(people.pairs)))

// An account that says something and goes: what it said stays.
const gone = people.userId(700)
const leaving = society.add({ user: gone, device: 1 })
await leaving.register()
await leaving.arrive()
const begun = await leaving.ask('start', { user: people.userId(one).toString() })
const last = await messaging.say(leaving, begun.conversation)
const heard = (): boolean =>
  messaging.devicesOf(one).every((device) => messaging.shown(device, begun.conversation).length > 0)
await eventually(heard)
await leaving.ask('forget')
society.remove(leaving)
note('account.delete', last, `${gone} ${people.userId(one)}`)
const reader = messaging.device(one)
await reader.read(conversation, society.newest.get(`${reader.address} ${conversation}`) ?? 0n)
await messaging.settled()
/** As a run does when it has drained. */
const persister = await startPersister(
  stores,
  { seed: 1, size: people.size },
  {},
  roleHost({ witness: (operation, keys) => void messaging.lines.push({ operation, keys }) }),
)
t.teardown(() => persister.close())
await persister.drained()
// What is said within seconds of a device's registration may reach it or not: these have been there for long.
for (const { address } of society.devices.values()) {
  const [user, device] = address.split(':')
  const text = `UPDATE devices SET registered_at = 1000 WHERE user_id = ${user} AND device_id = ${device}`
  await cassandra.query({ text, idempotent: true })
}

/** What an audit finds, given what devices saw. */
function audit(name: string, lines: readonly WitnessLine[] = messaging.lines): Promise<AuditOutcome> {
  const found = fixedAudits.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no audit is called ${name}`)
  const seen = journalOf([...journal, ...lines])
  return found.run({
    stores,
    population: { seed: 1, size: people.size },
    choice: {},
    journal: seen,
    seed: 1,
    profile: 'steady',
  })
}

t.test('what was said and received as it should be holds every audit', async (t) => {
  for (const { name } of fixedAudits) {
    const { state, examples, checked } = await audit(name)
    t.equal(state, 'held', `${name}: ${examples.join('; ')}`)
    t.ok(checked > 0, `${name} has looked at ${checked}`)
  }
})

const received = messaging.lines.filter(
  ({ operation, keys }) =>
    operation === 'message.received' &&
    keys['conversation'] === conversation &&
    keys['device'] === messaging.device(one).address,
)
const [first, second] = received
if (first === undefined || second === undefined) throw new Error('the first has seen nothing')
const claimed: WitnessLine = { operation: 'package.claimed', keys: { of: '1:1', fingerprint: 'the same' } }
const without = (line: WitnessLine): readonly WitnessLine[] => messaging.lines.filter((each) => each !== line)

/** What devices say, damaged. */
const LINES: readonly (readonly [audit: string, what: string, lines: readonly WitnessLine[]])[] = [
  ['messages.received', 'a message did not reach a device', without(first)],
  ['messages.received', 'a message was shown twice', [...messaging.lines, first]],
  [
    'messages.received',
    'a stranger read one',
    [...messaging.lines, { ...first, keys: { ...first.keys, device: '99:1' } }],
  ],
  [
    'messages.received',
    'one came that nobody sent',
    [...messaging.lines, { ...first, keys: { ...first.keys, key: randomUUID() } }],
  ],
  [
    'messages.readable',
    'a blob was not opened',
    messaging.lines.filter(({ operation }) => operation !== 'media.received'),
  ],
  [
    'messages.readable',
    'a message came without its blob',
    messaging.lines.map(({ operation, keys }) => ({
      operation,
      keys: Object.fromEntries(Object.entries(keys).filter(([name]) => name !== 'media')),
    })),
  ],
  ['messages.in-order', 'two came the wrong way round', [...without(first), first]],
  [
    'messages.readable',
    'one could not be opened',
    [
      ...messaging.lines,
      {
        operation: 'message.undecryptable',
        keys: { device: '1:1', from: '2:1', conversation, why: 'forged' },
      },
    ],
  ],
  [
    'messages.readable',
    'a frame of a gateway could not be read',
    [...messaging.lines, { operation: 'frame.unreadable', keys: { device: '1:1', why: 'no header' } }],
  ],
  [
    'messages.readable',
    'a blob could not be opened',
    [...messaging.lines, { operation: 'media.unreadable', keys: { device: '1:1', hash: 'a' } }],
  ],
  [
    'messages.readable',
    'a gateway refused what none of the devices sends',
    [
      ...messaging.lines,
      { operation: 'frames.refused', keys: { gateway: 'gateway-1', why: 'malformed', count: 2 } },
    ],
  ],
  ['packages.once', 'a package was handed out twice', [...messaging.lines, claimed, claimed]],
  ['marks.equal', 'a receipt is ahead of what came', without(received.at(-1) ?? first)],
]

for (const [name, what, lines] of LINES)
  t.test(`${name} sees it when ${what}`, async (t) => {
    const { state, violations, examples } = await audit(name, lines)
    t.equal(state, 'violated')
    t.ok(violations > 0 && examples.length > 0)
  })

const id = BigInt(String(first.keys['message']))
const place = `conversation_id = ${conversation} AND bucket = ${bucketOf(id)}`
const [user, device] = [people.userId(one), 1]
const blob = (words: string): string => `0x${Buffer.from(words).toString('hex')}`
const base64 = Buffer.from(`"${CANARY} and more"`).toString('base64')
const run = (text: string) => (): Promise<unknown> => cassandra.query({ text, idempotent: true })
const newest = BigInt(String(received.at(-1)?.keys['message']))

type Damage = readonly [
  audit: string,
  what: string,
  damage: () => Promise<unknown>,
  mend: () => Promise<unknown>,
]

/** What the stores hold, damaged and mended. The last ones cannot be mended. */
const STORES: readonly Damage[] = [
  [
    'queues.empty',
    'an entry waits in Redis',
    () => redis.wave([['zadd', `queue:${user}:${device}`, 1, 'key/x#0.1']]),
    () => redis.wave([['del', `queue:${user}:${device}`]]),
  ],
  [
    'queues.empty',
    'an entry waits in the store',
    run(
      `INSERT INTO device_queue (user_id, device_id, bucket, position, entry, payload) VALUES (${user}, 1, 1, 1, 'x', '')`,
    ),
    run(`DELETE FROM device_queue WHERE user_id = ${user} AND device_id = 1 AND bucket = 1`),
  ],
  [
    'queues.empty',
    'the name of an entry was never dropped',
    run(
      `INSERT INTO device_queue_names (user_id, device_id, bucket, position, entry) VALUES (${user}, 1, 1, 1, 'x')`,
    ),
    run(`DELETE FROM device_queue_names WHERE user_id = ${user} AND device_id = 1 AND bucket = 1`),
  ],
  [
    'queues.empty',
    'a key was never taken',
    run(`INSERT INTO waiting_keys (user_id, device_id, key_id) VALUES (${user}, 1, ${conversation})`),
    run(`DELETE FROM waiting_keys WHERE user_id = ${user} AND device_id = 1`),
  ],
  [
    'plaintext.nowhere',
    'a table holds what was said',
    run(
      `INSERT INTO messages (conversation_id, bucket, message_id, envelope) VALUES (${people.conversationId(1)}, 1, 1, ${blob(`say ${CANARY} now`)})`,
    ),
    run(`DELETE FROM messages WHERE conversation_id = ${people.conversationId(1)} AND bucket = 1`),
  ],
  [
    'plaintext.nowhere',
    'a table holds it in base64',
    run(
      `INSERT INTO device_queue (user_id, device_id, bucket, position, payload) VALUES (${user}, 1, 1, 1, '${base64}')`,
    ),
    run(`DELETE FROM device_queue WHERE user_id = ${user} AND device_id = 1 AND bucket = 1`),
  ],
  [
    'plaintext.nowhere',
    'Redis holds it',
    () => redis.wave([['set', 'entry:test', `{"text":"${CANARY}"}`]]),
    () => redis.wave([['del', 'entry:test']]),
  ],
  [
    'plaintext.nowhere',
    'Redis holds it in base64',
    () => redis.wave([['set', 'entry:test', base64]]),
    () => redis.wave([['del', 'entry:test']]),
  ],
  [
    'accounts.gone',
    'a deleted account has a row',
    run(
      `INSERT INTO watermarks (user_id, conversation_id, read_message_id) VALUES (${gone}, ${conversation}, 1)`,
    ),
    run(`DELETE FROM watermarks WHERE user_id = ${gone}`),
  ],
  [
    'accounts.gone',
    'a deleted account is a user still',
    run(`INSERT INTO users (user_id) VALUES (${gone})`),
    run(`DELETE FROM users WHERE user_id = ${gone}`),
  ],
  [
    'accounts.gone',
    'a deleted account is a member',
    run(`INSERT INTO members (conversation_id, user_id) VALUES (${conversation}, ${gone})`),
    run(`DELETE FROM members WHERE conversation_id = ${conversation} AND user_id = ${gone}`),
  ],
  [
    'accounts.gone',
    'a deleted account has a part of a queue',
    run(`INSERT INTO device_queue_buckets (user_id, device_id, bucket) VALUES (${gone}, 1, 0)`),
    run(`DELETE FROM device_queue_buckets WHERE user_id = ${gone} AND device_id = 1`),
  ],
  [
    'accounts.gone',
    'Redis has a queue of a deleted account',
    () => redis.wave([['zadd', `queue:${gone}:1`, 1, 'entry']]),
    () => redis.wave([['del', `queue:${gone}:1`]]),
  ],
  [
    'marks.equal',
    'a receipt is behind',
    run(
      `INSERT INTO receipts (conversation_id, user_id, device_id, delivered_message_id) VALUES (${conversation}, ${user}, 1, ${id})`,
    ),
    run(
      `INSERT INTO receipts (conversation_id, user_id, device_id, delivered_message_id) VALUES (${conversation}, ${user}, 1, ${newest})`,
    ),
  ],
  [
    'marks.equal',
    'a mark that was answered is not kept',
    run(`DELETE FROM watermarks WHERE user_id = ${user} AND conversation_id = ${conversation}`),
    () => Promise.resolve(),
  ],
  [
    'unread.derived',
    'Redis knows a message less',
    () =>
      redis.wave([
        ['rename', `recent:${conversation}`, 'whole'],
        ['copy', 'whole', `recent:${conversation}`],
        ['rpop', `recent:${conversation}`],
      ]),
    () => redis.wave([['rename', 'whole', `recent:${conversation}`]]),
  ],
  [
    'messages.stored',
    'one is in the log that nobody sent',
    run(
      `INSERT INTO messages (conversation_id, bucket, message_id, sender_id, sender_device) VALUES (${conversation}, 1, 1, 1, 1)`,
    ),
    run(`DELETE FROM messages WHERE conversation_id = ${conversation} AND bucket = 1`),
  ],
  [
    'messages.stored',
    "one is another one's",
    run(`UPDATE messages SET sender_device = 9 WHERE ${place} AND message_id = ${id}`),
    () => Promise.resolve(),
  ],
  [
    'messages.stored',
    'an acknowledged one is lost',
    run(`DELETE FROM messages WHERE ${place} AND message_id = ${id}`),
    () => Promise.resolve(),
  ],
]

for (const [name, what, damage, mend] of STORES)
  t.test(`${name} sees it when ${what}`, async (t) => {
    await damage()
    const { state, violations, examples } = await audit(name)
    t.equal(state, 'violated')
    t.ok(violations > 0 && examples.length > 0)
    await mend()
  })

const DELETED = 110
const numbers = Array.from({ length: DELETED }, (_, index) => index + 1)

/** What a table is not to be: a queue of deletes, and columns that were given null. Each is read once, as devices do. */
const TOMBSTONES: readonly (readonly [table: string, what: string, damage: string, read: string])[] = [
  [
    'device_queue',
    'entries of a queue are deleted one by one',
    numbers
      .map(
        (position) =>
          `DELETE FROM device_queue WHERE user_id = ${user} AND device_id = 1 AND bucket = 2 AND position = ${position}`,
      )
      .join(';'),
    `SELECT position FROM device_queue WHERE user_id = ${user} AND device_id = 1 AND bucket = 2 AND position > 0 LIMIT 100`,
  ],
  [
    'messages',
    'columns of messages are given null',
    numbers
      .map(
        (message) =>
          `INSERT INTO messages (conversation_id, bucket, message_id, envelope) VALUES (${conversation}, 2, ${message}, null)`,
      )
      .join(';'),
    `SELECT envelope FROM messages WHERE conversation_id = ${conversation} AND bucket = 2 AND message_id < ${DELETED + 1} LIMIT 200`,
  ],
]

for (const [table, what, damage, read] of TOMBSTONES)
  t.test(`tombstones.bounded sees it when ${what}`, async (t) => {
    const before = await audit('tombstones.bounded')
    t.notMatch(before.examples.join(), table)
    await cassandra.execute(damage)
    await run(read)()
    await persister.drained()
    const { state, examples } = await audit('tombstones.bounded')
    t.equal(state, 'violated')
    t.match(examples.join(), new RegExp(`a read of ${table} met 1[0-9]{2} tombstones`))
  })
