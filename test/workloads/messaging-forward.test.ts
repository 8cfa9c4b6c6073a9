// The server as one that only forwards (M-18): what each device of each member has taken is dropped from the log.
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { AuditOutcome } from '../../src/core/audit.ts'
import { fixedAudits } from '../../src/workloads/messaging/audits/index.ts'
import { commands } from '../../src/workloads/messaging/clients/commands.ts'
import { messageEntry } from '../../src/workloads/messaging/fixed/gateway/entries.ts'
import { NAMES } from '../../src/workloads/messaging/fixed/gateway/names.ts'
import { tombstoneWitness } from '../../src/workloads/messaging/fixed/tombstones.ts'
import { bucketOf } from '../../src/workloads/messaging/ids.ts'
import { eventually } from '../helpers/context.ts'
import { loseRedis } from '../helpers/faults/redis-lost.ts'
import { keysFor, openMessaging } from '../helpers/messaging.ts'
import type { Said, WitnessLine } from '../helpers/messaging.ts'
import { journalOf } from '../helpers/social-data.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging({ forwardsOnly: true })
const { people, own, stores, society } = messaging
const { cassandra, redis } = own
const conversation = people.conversationId(0)
const [ann = 0, bob = 0] = people.membersOf(0)
const group = people.conversationId(people.pairs)
const journal: Parameters<typeof journalOf>[0][number][] = []
// What is said within seconds of a device's registration may reach it or not: these have been there for long.
for (const { address } of society.devices.values()) {
  const [user, device] = address.split(':')
  const text = `UPDATE devices SET registered_at = 1000 WHERE user_id = ${user} AND device_id = ${device}`
  await cassandra.query({ text, idempotent: true })
}

async function say(from: number, to = conversation): Promise<Said> {
  const said = await messaging.say(messaging.device(from), to)
  const keys = { key: said.key, device: said.from, conversation: to, kind: 'text' }
  const { message, recipients } = said
  journal.push({ operation: 'message.send', keys, result: { message, recipients } })
  return said
}

async function sayMany(from: number, count: number): Promise<Said[]> {
  const said: Said[] = []
  for (let index = 0; index < count; index += 1) said.push(await say(from))
  return said
}

interface LogRow {
  readonly message_id: bigint
  readonly envelope: Uint8Array
}

/** What the log has of a conversation, oldest first: ids, and bytes of envelopes. */
async function logOf(of: string): Promise<[string, number][]> {
  const text = 'SELECT message_id, envelope FROM messages WHERE conversation_id = ? ALLOW FILTERING'
  const rows = await cassandra.query<LogRow>({ text, idempotent: true }, [of])
  return rows
    .toSorted((one, other) => (one.message_id < other.message_id ? -1 : 1))
    .map((row) => [row.message_id.toString(), row.envelope.length])
}

function audit(name: string, lines: readonly WitnessLine[] = messaging.lines): Promise<AuditOutcome> {
  const found = fixedAudits.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no audit is called ${name}`)
  return found.run({
    stores,
    population: { seed: 1, size: people.size },
    choice: { retention: 'forward-only' },
    journal: journalOf([...journal, ...lines]),
    seed: 1,
    profile: 'steady',
  })
}

t.test('of what all devices have taken the log keeps the newest row, and no envelope', async (t) => {
  const said = [...(await sayMany(ann, 20)), ...(await sayMany(bob, 20))]
  const members = people.membersOf(people.pairs)
  for (const member of members) await say(member, group)
  const inGroup = await say(members[0] ?? 0, group)
  await messaging.settled()
  t.same(await logOf(conversation), [[said.at(-1)?.message, 0]])
  t.same(await logOf(group), [[inGroup.message, 0]])
})

t.test(
  'what one device has not taken stays in the log, and comes from there where Redis has it no more',
  async (t) => {
    const reader = messaging.device(bob)
    await messaging.leave(reader)
    const before = messaging.shown(reader, conversation).length
    const said = await sayMany(ann, 10)
    await messaging.settled()
    const kept = await logOf(conversation)
    t.same(
      kept.slice(-10).map(([message]) => message),
      said.map(({ message }) => message),
    )
    t.ok(kept.slice(-10).every(([, bytes]) => bytes > 0))
    await redis.wave(
      said.map(({ message }) => ['del', NAMES.entry(messageEntry(conversation, BigInt(message)))]),
    )
    await reader.arrive()
    await messaging.settled()
    t.same(messaging.shown(reader, conversation).slice(before), keysFor(reader, said))
    t.same(await logOf(conversation), [[said.at(-1)?.message, 0]])
  },
)

t.test('what is sent again by its key is the same message, though the log has it no more', async (t) => {
  const sender = messaging.device(ann)
  const first = await say(ann)
  await say(bob)
  await messaging.settled()
  await redis.wave([['del', NAMES.sentKey(sender.address, first.key)]])
  const { state } = await sender.ask('devices', { conversation })
  const envelope = sender.keys.encrypt(conversation, Buffer.from('{}'))
  const again = await sender.ask('send', { conversation, state, key: first.key, again: true }, envelope)
  t.match(again, { message: first.message })
})

t.test('a device shows the history that it has itself, the newest first', async (t) => {
  const reader = messaging.device(bob)
  const said = await sayMany(ann, 3)
  await messaging.settled()
  const page = await commands['history.page'](
    society,
    reader,
    { device: reader.address, conversation },
    performance.now() + 60_000,
  )
  t.same(page.messages.slice(0, 3), said.map(({ message }) => message).toReversed())
  t.equal(page.partitions, 0)
  t.ok(page.messages.length > 20 && page.messages.length <= 50)
})

t.test('every audit holds, the log read for what it is', async (t) => {
  // One that is sent again is opened no second time, and is a violation of its own; here it was no message at all.
  const lines = messaging.lines.filter(({ operation }) => operation !== 'message.undecryptable')
  const tell = tombstoneWitness(own.server, {
    witness: (operation, keys) => void lines.push({ operation, keys }),
  })
  await tell()
  for (const { name } of fixedAudits) {
    // Nobody came or went.
    if (name === 'accounts.gone' || name === 'packages.once') continue
    const { state, examples, checked } = await audit(name, lines)
    t.equal(state, 'held', `${name}: ${examples.join('; ')}`)
    t.ok(checked > 0, `${name} has looked at ${checked}`)
  }
})

t.test('messages.stored sees what was dropped before a device had it, and what was kept after', async (t) => {
  const reader = messaging.device(bob)
  await messaging.leave(reader)
  const [first, second] = await sayMany(ann, 2)
  await messaging.settled()
  t.match(await audit('messages.stored'), { state: 'held' })
  const place = `conversation_id = ${conversation} AND bucket = ${bucketOf(BigInt(first?.message ?? 0))}`
  await cassandra.query({
    text: `DELETE FROM messages WHERE ${place} AND message_id = ${first?.message}`,
    idempotent: true,
  })
  t.match(await audit('messages.stored'), {
    state: 'violated',
    violations: 1,
    examples: [/was dropped from the log, and [0-9]+ of [0-9]+ devices have it/],
  })
  await reader.arrive()
  await messaging.settled()
  await eventually(async () => (await logOf(conversation)).length === 1)
  t.same(await logOf(conversation), [[second?.message, 0]])
  const [early] = journal
  const message = BigInt(String(early?.result?.['message']))
  const [user, device] = String(early?.keys['device']).split(':')
  await cassandra.query({
    text: `INSERT INTO messages (conversation_id, bucket, message_id, sender_id, sender_device, client_key, envelope)
      VALUES (${conversation}, ${bucketOf(message)}, ${message}, ${user}, ${device}, ${randomUUID()}, 0x00)`,
    idempotent: true,
  })
  t.match(await audit('messages.stored'), {
    state: 'violated',
    violations: 1,
    examples: [/is in the log still, and all [0-9]+ devices have it/],
  })
  const text = `DELETE FROM messages WHERE conversation_id = ${conversation} AND bucket = ${bucketOf(message)} AND message_id = ${message}`
  await cassandra.query({ text, idempotent: true })
})

t.test('who comes later keeps nothing from being dropped that was said before', async (t) => {
  const reader = messaging.device(bob)
  await messaging.leave(reader)
  const said = await sayMany(ann, 3)
  const made = society.add({ user: people.userId(ann), device: 9 })
  await made.register(messaging.device(ann).voucher)
  await made.arrive()
  await reader.arrive()
  await messaging.settled()
  t.same(messaging.shown(made, conversation), [])
  t.same(await logOf(conversation), [[said.at(-1)?.message, 0]])
})

t.test('where Redis is lost too, who was away has all from the log, and ids go on behind it', async (t) => {
  const reader = messaging.device(bob)
  await messaging.leave(reader)
  const before = messaging.shown(reader, conversation).length
  const said = await sayMany(ann, 5)
  await messaging.settled()
  await loseRedis(messaging)
  said.push(...(await sayMany(ann, 5)))
  const ids = said.map(({ message }) => BigInt(message))
  t.ok(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0n)))
  await reader.arrive()
  await messaging.settled()
  t.same(messaging.shown(reader, conversation).slice(before), keysFor(reader, said))
  t.same(await logOf(conversation), [[said.at(-1)?.message, 0]])
})

t.test('more than a page is dropped up to the first that somebody lacks, in a group too', async (t) => {
  const members = people.membersOf(people.pairs)
  const away = messaging.device(members.at(-1) ?? 0)
  const [writer = 0] = members
  for (let count = 0; count < 230; count += 1) await say(writer, group)
  await messaging.settled()
  t.equal((await logOf(group)).length, 1)
  await messaging.leave(away)
  const first = await say(writer, group)
  for (let count = 0; count < 130; count += 1) await say(writer, group)
  await messaging.settled()
  const kept = await logOf(group)
  t.same([kept.at(0)?.[0], kept.length], [first.message, 131])
  await away.arrive()
  await messaging.settled()
  t.equal((await logOf(group)).length, 1)
  t.match(await audit('messages.stored'), { state: 'held' })
})
