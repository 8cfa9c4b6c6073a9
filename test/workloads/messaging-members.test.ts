import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Device } from '../../src/workloads/messaging/clients/device.ts'
import { bucketOf } from '../../src/workloads/messaging/ids.ts'
import { isPairId, pairId } from '../../src/workloads/messaging/population.ts'
import { eventually } from '../helpers/context.ts'
import { linkAs } from '../helpers/messaging-link.ts'
import { openMessaging, refusal } from '../helpers/messaging.ts'
import type { Said } from '../helpers/messaging.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging()
const { people, own, society } = messaging
const { cassandra, redis } = own

const idOf = (user: number): string => people.userId(user).toString()

/** Members of a new group, by number: who makes it comes first. */
async function groupOf(maker: number, ...users: readonly number[]): Promise<string> {
  const key = randomUUID()
  await messaging.device(maker).ask('group', { key, users: users.map(idOf) })
  return key
}

async function untilShown(device: Device, conversation: string, keys: readonly string[]): Promise<void> {
  await eventually(() => messaging.shown(device, conversation).length >= keys.length)
  await messaging.settled()
  t.same(messaging.shown(device, conversation), keys, `${device.address} has shown what it should`)
}

const ENVELOPE = {
  text: 'SELECT envelope FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id = ?',
  idempotent: true,
}

/** What opening a message of the log ends with at a device. */
async function opened(device: Device, { conversation, message, from }: Said): Promise<string> {
  const id = BigInt(message)
  const [row] = await cassandra.query<{ readonly envelope: Uint8Array }>(ENVELOPE, [
    conversation,
    bucketOf(id),
    id,
  ])
  try {
    return Buffer.from(device.keys.decrypt(conversation, from, row?.envelope ?? Buffer.alloc(0))).toString()
  } catch (error) {
    return (error as { readonly reason?: string }).reason ?? String(error)
  }
}

t.test('who is added reads what follows and nothing that was said before', async (t) => {
  const conversation = await groupOf(0, 1)
  const before = await messaging.say(messaging.device(0), conversation)
  await messaging.device(1).ask('add', { conversation, users: [idOf(2)] })
  const after = await messaging.say(messaging.device(0), conversation)
  await untilShown(messaging.device(2), conversation, [after.key])
  await untilShown(messaging.device(1), conversation, [before.key, after.key])
  t.equal(await opened(messaging.device(2), before), 'unknown-key')
})

t.test('who is removed is sent nothing of what follows, and could not open it', async (t) => {
  const conversation = await groupOf(0, 1, 2)
  const removed = messaging.device(2)
  const before = await messaging.say(messaging.device(0), conversation)
  await untilShown(removed, conversation, [before.key])
  await messaging.device(1).ask('remove', { conversation, user: idOf(2) })
  const after = await messaging.say(messaging.device(0), conversation)
  await untilShown(messaging.device(1), conversation, [before.key, after.key])
  t.same(messaging.shown(removed, conversation), [before.key])
  t.equal(await opened(removed, after), 'unknown-key')
  t.equal(await refusal(messaging.say(removed, conversation)), 'not a member')
})

t.test('who is not a member is refused whatever is about a conversation', async (t) => {
  const conversation = await groupOf(0, 1)
  const said = await messaging.say(messaging.device(0), conversation)
  const stranger = messaging.device(3)
  const { state } = await messaging.device(0).ask('devices', { conversation })
  const asks = {
    send: stranger.ask('send', { conversation, state, key: randomUUID(), again: false }, Buffer.from('x')),
    history: stranger.ask('history', { conversation }),
    receipts: stranger.ask('receipts', { conversation }),
    devices: stranger.ask('devices', { conversation }),
    read: stranger.ask('read', { conversation, message: said.message }),
    keys: stranger.ask(
      'keys',
      { conversation, addresses: [messaging.device(0).address], lengths: [1] },
      Buffer.from('x'),
    ),
    add: stranger.ask('add', { conversation, users: [idOf(3)] }),
    remove: stranger.ask('remove', { conversation, user: idOf(0) }),
  }
  for (const [name, answer] of Object.entries(asks)) t.equal(await refusal(answer), 'not a member', name)
  const member = messaging.device(0)
  const toStranger = { conversation, addresses: [stranger.address], lengths: [1] }
  t.equal(await refusal(member.ask('keys', toStranger, Buffer.from('x'))), 'not a member', 'nor given a key')
})

/** Two who have no conversation yet, from a user on. */
function strangersFrom(first: number): readonly [number, number] {
  const known = new Set(Array.from({ length: people.pairs }, (_, index) => people.conversationId(index)))
  for (let other = first + 1; other < people.size; other += 1)
    if (!known.has(pairId(people.userId(first), people.userId(other)))) return [first, other]
  throw new Error('everybody knows everybody')
}

/** How often gateways refused something, by why. */
function refused(why: string): number {
  return messaging.gateways.reduce((sum, { rejections }) => sum + (rejections.get(why) ?? 0), 0)
}

/** Who the tables say is in a conversation. */
async function membersIn(conversation: string): Promise<bigint[]> {
  const statement = { text: 'SELECT user_id FROM members WHERE conversation_id = ?', idempotent: true }
  const rows = await cassandra.query<{ readonly user_id: bigint }>(statement, [conversation])
  return rows.map(({ user_id: user }) => user)
}

t.test('a conversation of two takes nobody in and loses nobody, whichever of them asks', async (t) => {
  const conversation = people.conversationId(0)
  const [one = 0, other = 0] = people.membersOf(0)
  const before = refused('not a group')
  const device = messaging.device(one)
  const asks = {
    add: refusal(device.ask('add', { conversation, users: [idOf(3)] })),
    'remove the other': refusal(device.ask('remove', { conversation, user: idOf(other) })),
    'remove itself': refusal(device.ask('remove', { conversation, user: idOf(one) })),
  }
  for (const [name, answer] of Object.entries(asks)) t.equal(await answer, 'not a group', name)
  t.equal(refused('not a group'), before + 3, 'and it is counted')
  t.same(new Set(await membersIn(conversation)), new Set([one, other].map((user) => people.userId(user))))
  const said = await messaging.say(device, conversation)
  await untilShown(messaging.device(other), conversation, [said.key])
})

t.test(
  'nobody writes to, makes a group of, or adds a user who is not there or whose account is gone',
  async (t) => {
    const made = society.add({ user: people.userId(502), device: 1 })
    await made.register()
    await made.arrive()
    await made.ask('forget')
    society.remove(made)
    const device = messaging.device(0)
    const conversation = await groupOf(0, 1)
    const before = refused('no such user')
    for (const [which, user] of [
      ['of no user', people.userId(900)],
      ['of an account that is gone', people.userId(502)],
    ] as const) {
      const key = randomUUID()
      const users = [idOf(1), user.toString()]
      const asks = {
        start: refusal(device.ask('start', { user: user.toString() })),
        group: refusal(device.ask('group', { key, users })),
        add: refusal(device.ask('add', { conversation, users })),
      }
      for (const [name, answer] of Object.entries(asks))
        t.equal(await answer, 'no such user', `${name} ${which}`)
      t.same(await tablesWith(user), [], `there is no row ${which}`)
      t.same(await membersIn(key), [], 'nor of those who were named beside')
    }
    t.equal(refused('no such user'), before + 6, 'and it is counted')
    t.same(new Set(await membersIn(conversation)), new Set([0, 1].map((each) => people.userId(each))))
  },
)

t.test(
  'who comes anew after its account was deleted has the conversation of two again, with nothing of before',
  async (t) => {
    const user = people.userId(503)
    const before = society.add({ user, device: 1 })
    await before.register()
    await before.arrive()
    const { conversation } = await before.ask('start', { user: idOf(2) })
    const old = await messaging.say(before, conversation)
    await untilShown(messaging.device(2), conversation, [old.key])
    await before.ask('forget')
    society.remove(before)
    t.equal(await refusal(messaging.device(2).ask('start', { user: user.toString() })), 'no such user')
    // By another number: devices trust an address as they saw it first.
    const anew = society.add({ user, device: 2 })
    await anew.register()
    await anew.arrive()
    t.same(await anew.ask('start', { user: idOf(2) }), { conversation })
    const said = await messaging.say(messaging.device(2), conversation)
    await untilShown(anew, conversation, [said.key])
    await anew.ask('forget')
    society.remove(anew)
  },
)

t.test('a conversation that both begin at once is one, and what both say in it arrives', async (t) => {
  const [one, other] = strangersFrom(4)
  const begun = await Promise.all(
    [
      [one, other],
      [other, one],
    ].map(async ([from = 0, to = 0]) => {
      const device = messaging.device(from)
      const { conversation } = await device.ask('start', { user: idOf(to) })
      return messaging.say(device, conversation)
    }),
  )
  const [first, second] = begun
  t.equal(first?.conversation, second?.conversation)
  t.equal(first?.conversation, pairId(people.userId(one), people.userId(other)))
  await untilShown(messaging.device(other), first?.conversation ?? '', [first?.key ?? ''])
  await untilShown(messaging.device(one), first?.conversation ?? '', [second?.key ?? ''])
})

t.test(
  'nobody can make a group in the place of a conversation of two others, nor keep them from it',
  async (t) => {
    const [one, other] = strangersFrom(5)
    const key = pairId(people.userId(one), people.userId(other))
    const listener = messaging.device(0)
    t.equal(await refusal(listener.ask('group', { key, users: [idOf(one), idOf(other)] })), 'malformed')
    const { conversation } = await messaging.device(one).ask('start', { user: idOf(other) })
    t.equal(conversation, key)
    const { devices } = await messaging.device(one).ask('devices', { conversation })
    const users = new Set(devices.map(({ address }) => address.split(':')[0]))
    t.same(users, new Set([idOf(one), idOf(other)]), 'they are in it, and nobody else')
    const said = await messaging.say(messaging.device(one), conversation)
    await untilShown(messaging.device(other), conversation, [said.key])
  },
)

t.test(
  'no group of a population and no group that a device names by chance is a conversation of two',
  (t) => {
    const ids = Array.from({ length: people.pairs + people.groups }, (_, index) =>
      people.conversationId(index),
    )
    t.ok(ids.slice(0, people.pairs).every(isPairId))
    t.notOk(ids.slice(people.pairs).some(isPairId))
    t.notOk(isPairId(randomUUID()))
    t.end()
  },
)

t.test('a group that is asked for twice, also at once, is one', async (t) => {
  const key = randomUUID()
  const device = messaging.device(0)
  const ask = { key, users: [1, 2, 3].map(idOf) }
  const made = await Promise.all([device.ask('group', ask), device.ask('group', ask)])
  made.push(await device.ask('group', ask))
  t.same(new Set(made.map(({ conversation }) => conversation)), new Set([key]))
  const rows = await cassandra.query(
    { text: 'SELECT user_id FROM members WHERE conversation_id = ?', idempotent: true },
    [key],
  )
  t.equal(rows.length, 4)
})

t.test('a new device of a user gets what follows, of others and of the device that was there', async () => {
  const conversation = await groupOf(0, 6)
  const before = await messaging.say(messaging.device(0), conversation)
  const made = society.add({ user: people.userId(6), device: 7 })
  await made.register(messaging.device(6).voucher)
  await made.arrive()
  const after = await messaging.say(messaging.device(0), conversation)
  await untilShown(made, conversation, [after.key])
  const own = await messaging.say(messaging.device(6), conversation)
  await untilShown(made, conversation, [after.key, own.key])
  await untilShown(messaging.device(6), conversation, [before.key, after.key])
})

const ABOUT = [
  'users',
  'devices',
  'key_packages',
  'waiting_keys',
  'inbox',
  'watermarks',
  'device_queue',
  'device_queue_names',
  'device_queue_buckets',
  'members',
] as const

async function tablesWith(user: bigint): Promise<string[]> {
  const found: string[] = []
  for (const table of ABOUT) {
    const statement = {
      text: `SELECT user_id FROM ${table} WHERE user_id = ? ALLOW FILTERING`,
      idempotent: true,
    }
    if ((await cassandra.query(statement, [user])).length > 0) found.push(table)
  }
  return found
}

t.test('a deleted account leaves no row, is in no conversation, and cannot come back', async (t) => {
  const user = people.userId(500)
  const made = society.add({ user, device: 1 })
  await made.register()
  await made.arrive()
  const { conversation } = await made.ask('start', { user: idOf(7) })
  const own = await messaging.say(made, conversation)
  await untilShown(messaging.device(7), conversation, [own.key])
  const heard = await messaging.say(messaging.device(7), conversation)
  await untilShown(made, conversation, [heard.key])
  await made.ask('read', { conversation, message: heard.message })
  // A mark may have been written by now, or be held still.
  const there = (await tablesWith(user)).filter((table) => table !== 'watermarks')
  t.same(there, ['users', 'devices', 'key_packages', 'inbox', 'members'])
  await made.ask('forget')
  t.same(await tablesWith(user), [])
  await messaging.settled()
  t.same(await tablesWith(user), [], 'nor when gateways have written all that they hold')
  const later = await messaging.say(messaging.device(7), conversation)
  t.equal(later.recipients, messaging.devicesOf(7).length - 1, 'nobody writes to it any more')
  t.equal(await refusal(made.arrive()), 'unknown device')
  const [, names] = (await redis.wave([['scan', 0, 'match', `*${user}:1*`, 'count', 100_000]]))[0] as [
    string,
    string[],
  ]
  t.same(
    names.filter((name) => !name.startsWith('sent:')),
    [],
    'nor a key in Redis',
  )
  society.remove(made)
})

t.test(
  'a device of a deleted account that is at another gateway is cut off, and leaves no row',
  async (t) => {
    const user = people.userId(501)
    const [first, second] = [1, 2].map((device) => society.add({ user, device }))
    if (first === undefined || second === undefined) throw new Error('two were made')
    await first.register()
    await second.register(first.voucher)
    const here = await linkAs(messaging, first, 0)
    const there = await linkAs(messaging, second, 1)
    t.same(await tablesWith(user), ['users', 'devices', 'key_packages'])
    await here.ask('forget')
    const packages = there.ask('packages', { lengths: [1] }, Buffer.from('x'))
    t.not(await refusal(packages), 'no refusal')
    t.not(await refusal(there.ask('start', { user: idOf(7) })), 'no refusal')
    await eventually(() => !there.isOpen && !here.isOpen)
    t.same(await tablesWith(user), [])
    t.equal(await refusal(linkAs(messaging, second, 1)), 'unknown device')
    society.remove(first)
    society.remove(second)
  },
)

t.test(
  'packages that many claim at once are each handed out once; then there is the last resort',
  async (t) => {
    const of = messaging.device(8).address
    const claim = async (device: Device): Promise<string> =>
      (await device.ask('claim', { addresses: [of] })).packages[0] ?? ''
    const others = [...society.devices.values()].filter((device) => device.address !== of && device.isOnline)
    const given = (await Promise.all([...others, ...others].map(claim))).concat(
      await claim(messaging.device(0)),
    )
    for (let more = 0; more < 12; more += 1) given.push(await claim(messaging.device(1)))
    const lastResort = given.at(-1) ?? ''
    const once = given.filter((each) => each !== lastResort)
    t.equal(new Set(once).size, once.length, 'none twice')
    // A claim that Cassandra does not decide in time takes its package from everybody.
    t.ok(once.length > 0 && once.length <= 10, `${once.length} of the 10 that the device left`)
    const left = await cassandra.query(
      { text: 'SELECT key_id FROM key_packages WHERE user_id = ? AND device_id = 1', idempotent: true },
      [people.userId(8)],
    )
    t.equal(left.length, 0, 'none is left')
    t.not(lastResort, '')
    t.equal(await claim(messaging.device(2)), lastResort, 'the last resort does not run out')
    // A gateway begins behind what it has seen handed out; an upload by a clock that is behind comes before that.
    await cassandra.query(
      {
        text: 'INSERT INTO key_packages (user_id, device_id, key_id, package) VALUES (?, 1, 1, 0x6c617465)',
        idempotent: true,
      },
      [people.userId(8)],
    )
    t.equal(Buffer.from(await claim(messaging.device(1)), 'base64').toString(), 'late')
    t.equal(await claim(messaging.device(1)), lastResort)
  },
)
