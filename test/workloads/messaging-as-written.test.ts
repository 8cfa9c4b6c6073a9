import { randomUUID } from 'node:crypto'
import t from 'tap'
import { addressOf } from '../../src/workloads/messaging/population.ts'
import { moveUp } from '../../src/workloads/messaging/as-written/inbox.ts'
import { timeUuidNumber, timeUuids } from '../../src/workloads/messaging/as-written/time-uuid.ts'
import { workload } from '../../src/workloads/messaging/index.ts'
import type { CassandraClient } from '../../src/stores/cassandra/client.ts'
import { newContext } from '../helpers/context.ts'
import { openTextCase } from '../helpers/messaging-as-written.ts'
import { startTestStores } from '../helpers/stores.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const variant = workload.variants['as-written']
const { stores } = await startTestStores(['cassandra', 'redis'])
const text = await openTextCase(stores)
t.teardown(() => text.close())
const { people, own, application, ends } = text
const { cassandra } = own
const newId = timeUuids()

const phoneOf = (user: number): string => addressOf({ user: people.userId(user), device: 1 })

/** A conversation of two who have one device each. */
function quietPair(): number {
  for (let pair = 0; pair < people.pairs; pair += 1)
    if (people.membersOf(pair).every((user) => people.devicesOf(user) === 1)) return pair
  throw new Error('everybody has two devices')
}

const pair = quietPair()
const conversation = people.conversationId(pair)
const [ann = 0, bob = 0] = people.membersOf(pair)
const bobId = people.userId(bob)

/** Says something to Bob, and waits until he has it. */
async function tellBob(): Promise<void> {
  const { key } = await text.send(phoneOf(ann), conversation)
  await text.given(key, 1)
}

async function inboxOf(
  user: bigint,
): Promise<readonly { last_message_time: string; unread_count: number }[]> {
  return cassandra.query(
    { text: 'SELECT last_message_time, unread_count FROM user_inbox WHERE user_id = ?', idempotent: true },
    [user],
  )
}

t.test('the schema converges and is the declared one', async (t) => {
  t.match(await variant.provision(stores, () => undefined), { changed: false })
  t.strictSame(await variant.schemaDifferences(stores), [])
})

t.test('ids of one process grow, whatever its clock does', (t) => {
  const clock = [5_000, 5_000, 4_000, 6_000]
  const next = timeUuids(() => clock.shift() ?? 0)
  const ids = [next(), next(), next(), next()]
  t.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)))
  const numbers = ids.map(timeUuidNumber)
  t.ok(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0n)))
  t.end()
})

t.test('what is said one after the other is found by the devices that ask, and counted', async (t) => {
  await tellBob()
  await tellBob()
  t.match(ends, [
    { flow: 'message.delivered', part: 0, of: 1 },
    { flow: 'message.delivered', part: 0, of: 1 },
  ])
  t.match(await inboxOf(bobId), [{ unread_count: 2 }])
  for (const name of [
    'messages.stored',
    'messages.one-row',
    'messages.received',
    'messages.in-order',
    'inbox.once',
    'unread.derived',
  ])
    t.match(await text.audit(name), { state: 'held', violations: 0 }, name)
})

t.test('reading leaves nothing unread, and the page and the list show what was said', async (t) => {
  const at = { device: phoneOf(bob), conversation }
  await application.command('message.read', at, newContext())
  t.match(await inboxOf(bobId), [{ unread_count: 0 }])
  t.match(await text.audit('unread.derived'), { state: 'held' })
  const { messages, partitions } = await application.command('history.page', at, newContext())
  t.equal(messages.length, 2)
  t.ok(BigInt(messages[0] ?? 0) > BigInt(messages[1] ?? 0), 'newest first')
  t.equal(partitions, 1)
  t.match(await application.command('inbox.list', at, newContext()), [
    { conversation, last: messages[0], unread: 0 },
  ])
})

t.test('who was away is given what was said meanwhile, late', async (t) => {
  await application.command('device.leave', { device: phoneOf(bob) }, newContext())
  await text.send(phoneOf(ann), conversation)
  const back = await application.command('device.return', { device: phoneOf(bob) }, newContext())
  t.same(back, { received: 1 })
  t.equal(ends.at(-1)?.weight, 0)
  t.match(await text.audit('messages.received'), { state: 'held' })
})

interface Damage {
  readonly audit: string
  readonly what: string
  readonly damage: () => Promise<unknown>
  readonly repair: () => Promise<unknown>
  readonly shows: RegExp
}

const stranger = newId()
const INBOX = 'INSERT INTO user_inbox (user_id, last_message_time'
const DELETE_INBOX = `DELETE FROM user_inbox WHERE user_id = ${bobId} AND last_message_time = ${stranger}`

async function setUnread(by: number): Promise<void> {
  const [row] = await inboxOf(bobId)
  await cassandra.execute(
    `UPDATE user_inbox SET unread_count = ${(row?.unread_count ?? 0) + by} WHERE user_id = ${bobId} AND last_message_time = ${row?.last_message_time}`,
  )
}

const damages: readonly Damage[] = [
  {
    audit: 'messages.stored',
    what: 'a message that nobody sent',
    damage: () =>
      cassandra.execute(
        `INSERT INTO messages (conversation_id, message_id, sender_id, recipient_id, content) VALUES (${conversation}, ${stranger}, 1, ${bobId}, 'x')`,
      ),
    repair: () =>
      cassandra.execute(
        `DELETE FROM messages WHERE conversation_id = ${conversation} AND message_id = ${stranger}`,
      ),
    shows: /nobody sent it/,
  },
  {
    audit: 'inbox.once',
    what: 'a conversation that stands there twice (M-03)',
    damage: () =>
      cassandra.execute(`${INBOX}, conversation_id) VALUES (${bobId}, ${stranger}, ${conversation})`),
    repair: () => cassandra.execute(DELETE_INBOX),
    shows: new RegExp(`${conversation} is in the inbox of ${bobId} 2 times`),
  },
  {
    audit: 'inbox.once',
    what: 'a row that came back without its conversation (M-14)',
    damage: () => cassandra.execute(`${INBOX}, unread_count) VALUES (${bobId}, ${stranger}, 0)`),
    repair: () => cassandra.execute(DELETE_INBOX),
    shows: /has lost its conversation/,
  },
  {
    audit: 'unread.derived',
    what: 'a count that grew without a message (M-04)',
    damage: () => setUnread(1),
    repair: () => setUnread(-1),
    shows: new RegExp(`user ${bobId} has 1 unread messages in ${conversation}, unread_count says 2`),
  },
]

for (const { audit, what, damage, repair, shows } of damages)
  t.test(`${audit} sees ${what}`, async (t) => {
    t.equal((await text.audit(audit)).state, 'held')
    await damage()
    const { state, examples } = await text.audit(audit)
    await repair()
    t.equal(state, 'violated')
    t.match(examples.join('\n'), shows)
  })

/** A client under which nobody goes on before all of `readers` have read. */
function readingTogether(readers: number): CassandraClient {
  const all = Promise.withResolvers<void>()
  let left = readers
  return {
    ...cassandra,
    async query(...ask) {
      const rows = await cassandra.query(...ask)
      left -= 1
      if (left === 0) all.resolve()
      await all.promise
      return rows as never
    },
  }
}

t.test('of two messages at once the inbox keeps two rows, and counts one (M-03, M-04)', async (t) => {
  const user = people.userId(ann)
  const client = readingTogether(2)
  const before = (await inboxOf(user)).length
  const entry = { user, conversation: people.conversationId(pair + 1), unread: 1 } as const
  await Promise.all([
    moveUp(client, { ...entry, last: newId() }),
    moveUp(client, { ...entry, last: newId() }),
  ])
  const rows = await inboxOf(user)
  t.equal(rows.length, before + 2)
  t.match(rows.slice(0, 2), [{ unread_count: 1 }, { unread_count: 1 }])
  t.match(await text.audit('inbox.once'), { state: 'violated' })
  await cassandra.execute(
    rows
      .slice(0, 2)
      .map(
        (row) =>
          `DELETE FROM user_inbox WHERE user_id = ${user} AND last_message_time = ${row.last_message_time};`,
      )
      .join('\n'),
  )
})

t.test('what is sent again is another message, which is shown again (M-02)', async (t) => {
  const { key, message, again } = await text.send(phoneOf(ann), conversation, true)
  t.not(again, message)
  await text.given(key, 2)
  t.match(await text.audit('messages.stored'), {
    state: 'violated',
    violations: 1,
    examples: [/stored 2 times/],
  })
  t.match(await text.audit('messages.received'), { state: 'violated', examples: [/shown 2 times/] })
})

t.test('a message to a group is a row for each of the others (M-05)', async (t) => {
  const group = people.pairs
  const members = people.membersOf(group)
  const writer = members[0] ?? 0
  const { key, recipients } = await text.send(phoneOf(writer), people.conversationId(group))
  await text.given(key, recipients)
  const parts = ends.filter((end) => end.key === key).map(({ part }) => part)
  t.same(new Set(parts).size, recipients, 'each device is a part')
  t.match(await text.audit('messages.one-row'), {
    state: 'violated',
    violations: 1,
    examples: [new RegExp(`is ${members.length - 1} rows`)],
  })
})

t.test('what somebody writes never comes to their other device (M-25)', async (t) => {
  const owner =
    Array.from({ length: people.size }, (_, user) => user).find((user) => people.devicesOf(user) === 2) ?? 0
  const index = Array.from({ length: people.pairs }, (_, each) => each).find((each) =>
    people.membersOf(each).includes(owner),
  )
  const { key, recipients } = await text.send(phoneOf(owner), people.conversationId(index ?? 0))
  const other = addressOf({ user: people.userId(owner), device: 2 })
  await text.given(key, recipients)
  const { state, examples } = await text.audit('messages.received')
  t.equal(state, 'violated')
  t.match(examples.join('\n'), new RegExp(`never reached ${other}`))
})

t.test(
  'groups change by whom is told, a new device finds what was said, and who leaves has no inbox',
  async (t) => {
    const [one, two, three] = [0, 1, 2].map((user) => people.userId(user).toString())
    const users = [one ?? '', two ?? '']
    const ask = { device: phoneOf(0), group: randomUUID(), users, user: three ?? '' }
    const [before, key] = [randomUUID(), randomUUID()]
    const changed = await application.command('member.add', { ...ask, before, key }, newContext())
    t.equal(changed.recipients, people.devicesOf(1) + people.devicesOf(2))
    await text.given(before, people.devicesOf(1))
    await text.given(key, changed.recipients)
    await application.command('device.register', { device: phoneOf(bob), number: 3 }, newContext())
    const third = addressOf({ user: bobId, device: 3 })
    t.ok(text.received.some(({ device, conversation: at }) => device === third && at === conversation))
    const guest = '123456789'
    const left = { device: phoneOf(bob), user: guest, key: randomUUID() }
    t.match(await application.command('account.delete', left, newContext()), { recipients: 2 })
    t.same(await inboxOf(BigInt(guest)), [])
  },
)

t.test('words and addresses of blobs lie open in the table (M-07, M-19)', async (t) => {
  const ask = { device: phoneOf(ann), conversation, key: newId(), repeats: false }
  const media = { kind: 'image' as const, mediaBytes: 1_000 }
  await application.command('message.send', { ...ask, ...media }, newContext())
  const { state, examples } = await text.audit('plaintext.nowhere')
  t.equal(state, 'violated')
  t.match(examples, [/hold plaintext/, /1 of \d+ rows of messages hold the address of a blob/])
  const rows = await cassandra.query<{ media_url: string | null }>(
    { text: 'SELECT media_url FROM messages WHERE conversation_id = ?', idempotent: true },
    [conversation],
  )
  const url = rows.find((row) => row.media_url !== null)?.media_url ?? ''
  t.match(await (await fetch(url)).text(), /canary/, 'whoever has the address has the blob')
})

t.test('nothing ends the partition of a conversation (M-01)', async (t) => {
  const { state, examples } = await text.audit('partitions.bounded')
  t.equal(state, 'violated')
  t.match(examples.join('\n'), /one partition, by conversation_id/)
})
