import t from 'tap'
import { perSecond } from '../../src/core/model.ts'
import type { AnyOperation, Arrival, Pace, Phase, Stream } from '../../src/core/operation.ts'
import { permute } from '../../src/core/random.ts'
import { messageIdOf, NUMBERS } from '../../src/workloads/messaging/ids.ts'
import { media, shares, society } from '../../src/workloads/messaging/model.ts'
import { isPairId, pairId, userIdOf, userOf } from '../../src/workloads/messaging/population.ts'
import { messagingOperations } from '../../src/workloads/messaging/traffic.ts'
import { memberAdd, memberRemove } from '../../src/workloads/messaging/traffic/groups.ts'
import { messageSend } from '../../src/workloads/messaging/traffic/message-send.ts'
import type { SendInput } from '../../src/workloads/messaging/traffic/message-send.ts'
import { historyPage, inboxList } from '../../src/workloads/messaging/traffic/people.ts'
import { messagingWorld } from '../../src/workloads/messaging/world.ts'
import type { MessagingWorld } from '../../src/workloads/messaging/world.ts'

const SCALE = 1 / 10_000
const LENGTH = { warmup: 10e6, measure: 60e6 } as const
const POPULATION = { seed: 42, size: 500 }

function named(name: string): AnyOperation {
  const operation = messagingOperations.find((candidate) => candidate.name === name)
  if (operation === undefined) throw new Error(`no operation ${name}`)
  return operation
}

function rateOf(name: string): number {
  return perSecond(named(name).rate) * SCALE
}

/** The plan of a steady run. */
const pace: Pace = {
  expected: (operation, phase, offsetMicros) =>
    (rateOf(operation) * Math.min(Math.max(offsetMicros, 0), LENGTH[phase])) / 1e6,
  lengthMicros: (phase) => LENGTH[phase],
}

function worldOf(seed = 42, standIns: Record<string, number> = {}): MessagingWorld {
  return messagingWorld(seed, POPULATION, { get: () => undefined, set: () => undefined }, pace, standIns)
}

/** The arrival that a uniform process of the operation's rate has as number `index`. */
function arrivalOf(name: string, index: number, phase: Phase = 'measure', stream: Stream = 'mix'): Arrival {
  return {
    number: index,
    index,
    phase,
    stream,
    offsetMicros: ((index + 0.5) / rateOf(name)) * 1e6,
    random: 0,
  }
}

function inputs<Input>(
  world: MessagingWorld,
  name: string,
  count: number,
  phase: Phase = 'measure',
): Input[] {
  const operation = named(name)
  return Array.from(
    { length: count },
    (_, index) => operation.input(arrivalOf(name, index, phase), world) as Input,
  )
}

const world = worldOf()
const { population } = world
const COUNT = 40_000
const sends = inputs<SendInput>(world, 'message.send', COUNT)

/** The number of each conversation by its id. */
const numbers = new Map(
  Array.from({ length: population.pairs + population.groups }, (_, number) => [
    population.conversationId(number),
    number,
  ]),
)

const userOfDevice = (device: string): number => userOf(BigInt(device.split(':')[0] ?? 0))

/** Whether a device of the seed is one of a member of a conversation of the seed. */
function isMembers(device: string, conversation: string): boolean {
  const user = userOfDevice(device)
  const number = Number(device.split(':')[1])
  const members = population.membersOf(numbers.get(conversation) ?? -1)
  return members.includes(user) && number >= 1 && number <= population.devicesOf(user)
}

t.test('what an arrival asks depends on the seed and itself, not on who asks before', (t) => {
  const count = 60
  const other = worldOf()
  const reseeded = worldOf(43)
  let differs = 0
  for (const operation of messagingOperations) {
    const { name } = operation
    const forwards = inputs(world, name, count).map((each) => JSON.stringify(each))
    for (let turn = 0; turn < count; turn += 1) {
      const index = permute(turn, count, 7)
      const arrival = arrivalOf(name, index)
      if (JSON.stringify(operation.input(arrival, other)) !== forwards[index]) t.fail(`${name} ${index}`)
      if (JSON.stringify(operation.input(arrival, reseeded)) !== forwards[index]) differs += 1
    }
  }
  // Devices register in the order of their users, whatever the seed.
  t.ok(differs > count * (messagingOperations.length - 2), `${differs} differ by the seed`)
  t.end()
})

t.test('every message has a key of its own, whatever its operation, phase and stream', (t) => {
  const keys: string[] = []
  for (const operation of messagingOperations)
    for (const phase of ['warmup', 'measure'] as const)
      for (const stream of ['mix', 'probe', 'surge'] as const)
        for (let index = 0; index < 200; index += 1) {
          const arrival = arrivalOf(operation.name, index, phase, stream)
          const { key, before } = operation.input(arrival, world) as Record<string, unknown>
          keys.push(...[key, before].filter((each) => typeof each === 'string'))
        }
  t.equal(keys.length, 8 * 1_200, 'six operations say something, two of them something before')
  t.equal(new Set(keys).size, keys.length)
  t.end()
})

t.test('kinds, groups and repetitions of messages have the shares that the model declares', (t) => {
  const share = (matches: (send: SendInput) => boolean): number => sends.filter(matches).length / COUNT
  for (const [what, observed, declared] of [
    ['groups', share(({ isGroup }) => isGroup), shares.groups],
    ['images', share(({ kind }) => kind === 'image'), shares.images],
    ['videos', share(({ kind }) => kind === 'video'), shares.videos],
    ['repeated', share(({ repeats }) => repeats), shares.repeated],
  ] as const) {
    // Four standard deviations of a share among so many.
    const most = 4 * Math.sqrt((declared.value * (1 - declared.value)) / COUNT)
    t.ok(Math.abs(observed - declared.value) < most, `${what}: ${observed}`)
  }
  const parts = Object.values(messageSend.parts ?? {}).map(({ expectedShare }) => expectedShare ?? 0)
  t.equal(
    parts.reduce((sum, part) => sum + part, 0),
    1,
  )
  t.end()
})

t.test(
  'a message goes to a conversation of its part, from a device of a member, and has bytes if it is no text',
  (t) => {
    for (const send of sends.slice(0, 5_000)) {
      const { conversation, isGroup, device, kind, mediaBytes } = send
      if (!isMembers(device, conversation)) t.fail(`${device} is not in ${conversation}`)
      if (isGroup === isPairId(conversation)) t.fail(`${conversation} is of the other part`)
      const part = messageSend.part?.(send, { message: '1', recipients: 1, again: undefined })
      if (part !== (isGroup ? 'group' : 'pair')) t.fail(`${conversation} counts for another`)
      if (mediaBytes !== (kind === 'text' ? 0 : media[kind].value)) t.fail(`${kind} of ${mediaBytes} bytes`)
    }
    const seconds = sends.filter(({ device }) => device.endsWith(':2')).length
    t.ok(seconds > 0, 'second devices write too')
    t.end()
  },
)

t.test('conversations of two, and groups, are written to by Zipf’s law with exponent 1 (X-17)', (t) => {
  for (const [isGroup, size] of [
    [false, population.pairs],
    [true, population.groups],
  ] as const) {
    const counts = new Map<string, number>()
    for (const send of sends)
      if (send.isGroup === isGroup) counts.set(send.conversation, (counts.get(send.conversation) ?? 0) + 1)
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
    const byRank = [...counts.values()].toSorted((one, other) => other - one)
    const harmonic = Array.from({ length: size }, (_, rank) => 1 / (rank + 1)).reduce(
      (sum, each) => sum + each,
      0,
    )
    for (const rank of [1, 2, 4, 8]) {
      const expected = total / (rank * harmonic)
      const most = 5 * Math.sqrt(expected)
      const observed = byRank[rank - 1] ?? 0
      t.ok(
        Math.abs(observed - expected) < most,
        `${isGroup ? 'group' : 'pair'} ${rank}: ${observed} of ${expected}`,
      )
    }
  }
  t.end()
})

t.test('who reads, scrolls, types or opens the list does it with a device of a member', (t) => {
  for (const name of ['message.read', 'history.page', 'typing.send'])
    for (const { device, conversation } of inputs<SendInput>(world, name, 1_000))
      if (!isMembers(device, conversation)) t.fail(`${name}: ${device} is not in ${conversation}`)
  for (const { device } of inputs<{ device: string }>(world, 'inbox.list', 1_000))
    if (Number(device.split(':')[1]) > population.devicesOf(userOfDevice(device)))
      t.fail(`no device ${device}`)
  t.end()
})

/** A message that is said to members, as operations on groups and new conversations have it. */
interface Said {
  readonly device: string
  readonly conversation: string
  readonly members: readonly string[]
  readonly users?: readonly string[]
  readonly user: string
}

t.test('somebody writes to another user than themselves, in the one conversation of the two (M-22)', (t) => {
  for (const { device, conversation, members, user } of inputs<Said>(world, 'conversation.start', 2_000)) {
    const [one = '', other = ''] = members
    if (one === other || user !== other || !device.startsWith(`${one}:`))
      t.fail(`${device} writes to ${user}`)
    if (conversation !== pairId(BigInt(other), BigInt(one))) t.fail(`${conversation} is not that of the two`)
    if (userOf(BigInt(other)) >= population.size) t.fail(`nobody is ${other}`)
  }
  t.end()
})

t.test('a group has three to seven members, each once, its maker among them, and an id of its own', (t) => {
  const groups = ['group.create', 'member.add', 'member.remove'].flatMap((name) =>
    inputs<Said>(world, name, 1_000).map((group) => ({ name, ...group })),
  )
  for (const { name, device, members, users = members } of groups) {
    const smaller = name === 'member.add' ? users : members
    const all = new Set([...users, ...members])
    if (smaller.length < 3 || smaller.length > 7) t.fail(`${name}: ${smaller.length} members`)
    if (all.size !== Math.max(users.length, members.length)) t.fail(`${name}: a member is there twice`)
    if (![...all].every((user) => userOf(BigInt(user)) < population.size)) t.fail(`${name}: nobody is there`)
    if (!device.startsWith(`${members[0]}:`)) t.fail(`${name}: ${device} is not its maker's`)
  }
  const ids = new Set(groups.map(({ conversation }) => conversation))
  t.equal(ids.size, groups.length)
  t.notOk([...ids].some((id) => isPairId(id) || numbers.has(id)))
  t.end()
})

t.test('who is added was not a member before, and who is removed is none afterwards (M-26)', (t) => {
  for (const { users = [], members, user } of inputs<Said>(world, memberAdd.name, 500))
    t.same(members, [...users, user])
  for (const { users = [], members, user } of inputs<Said>(world, memberRemove.name, 500))
    t.same(users, [...members, user])
  t.end()
})

t.test('accounts that are made to be deleted are nobody’s of the population, and each is made once', (t) => {
  const operation = named('account.delete')
  const users = new Set<string>()
  for (let number = 0; number < 2_000; number += 1) {
    const said = operation.input({ ...arrivalOf('account.delete', 0), number }, world) as Said
    if (userOf(BigInt(said.user)) < population.size) t.fail(`${said.user} is of the population`)
    // It is the one that sends.
    if (operation.journal?.(said)['device'] !== `${said.user}:1`) t.fail(`${said.user} does not send`)
    users.add(said.user)
  }
  t.equal(users.size, 2_000)
  t.end()
})

t.test('devices that are registered in a run are none that was there, and each is registered once', (t) => {
  const operation = named('device.register')
  const devices = new Set<string>()
  // As many arrivals, of whatever operation, as there are numbers for every user.
  const count = population.size * 97
  for (let number = 0; number < count; number += 1) {
    const made = operation.input({ ...arrivalOf('device.register', 0), number }, world) as {
      device: string
      number: number
    }
    if (made.number <= 2) t.fail(`number ${made.number} may be there`)
    devices.add(`${userOfDevice(made.device)}:${made.number}`)
  }
  t.equal(devices.size, count)
  t.end()
})

t.test('all first devices are lost once before any is lost again', (t) => {
  const lost = inputs<{ device: string }>(world, 'device.leave', 2 * population.size).map(
    ({ device }) => device,
  )
  const all = Array.from({ length: population.size }, (_, user) => `${userIdOf(user)}:1`)
  t.same(new Set(lost.slice(0, population.size)), new Set(all))
  t.same(lost.slice(population.size), lost.slice(0, population.size))
  t.end()
})

t.test(
  'a device comes back that was lost as long before as devices stay away; before that, one stands in',
  (t) => {
    const standIns: Record<string, number> = {}
    const young = worldOf(42, standIns)
    const rate = rateOf('device.return')
    const away = society.awaySeconds.value
    const lost = (index: number, phase: Phase): string =>
      (named('device.leave').input(arrivalOf('device.leave', index, phase), young) as { device: string })
        .device
    const returned = (index: number, phase: Phase): string =>
      (named('device.return').input(arrivalOf('device.return', index, phase), young) as { device: string })
        .device
    // The first one whose device was lost in the window.
    const first = Math.ceil(rate * away + 0.5)
    for (let index = first; index < 100; index += 1) {
      const left = Math.floor(index + 0.5 - rate * away) - 1
      t.equal(returned(index, 'measure'), lost(left, 'measure'), `return ${index}`)
    }
    t.same(standIns, {}, 'all of them have left')
    t.equal(returned(0, 'measure'), lost(Math.floor(rate * (LENGTH.warmup / 1e6 - away) + 0.5) - 1, 'warmup'))
    t.same(standIns, {}, 'the first ones of the window have left in the warm-up')
    returned(0, 'warmup')
    t.same(standIns, { 'device.return': 1 })
    t.end()
  },
)

/** What a check says of an answer: true, undefined, or what must not be. */
function said<Verdict>(verdict: Verdict): Verdict | string {
  return typeof verdict === 'object' && verdict !== null && 'message' in verdict
    ? String(verdict.message)
    : verdict
}

t.test(
  'the check of repeated messages finds a second message, and has nothing to say of one that was sent once',
  (t) => {
    const [check] = messageSend.checks ?? []
    const [send] = sends
    if (check === undefined || send === undefined) throw new Error('there is no check')
    t.equal(check.name, 'message.same-again')
    const verdict = (again: string | undefined): unknown =>
      said(check.check(send, { message: '7', recipients: 1, again }, world))
    t.equal(verdict(undefined), undefined)
    t.equal(verdict('7'), true)
    t.equal(verdict('8'), `message ${send.key} is 7, and 8 when sent again`)
    t.end()
  },
)

/** Ids of messages of one conversation, newest first; part and place within a millisecond may be said. */
function idsOf(count: number, part: (place: number) => number = () => 0): readonly string[] {
  const ms = Date.UTC(2026, 0, 15)
  return Array.from({ length: count }, (_, place) =>
    messageIdOf({ ms: ms - place, sequence: part(place) * NUMBERS }).toString(),
  )
}

t.test(
  'the check of a page finds order, repetition, length and partitions that must not be (MSG-13, M-01)',
  (t) => {
    const [check] = historyPage.checks ?? []
    if (check === undefined) throw new Error('there is no check')
    t.equal(check.name, 'history.page-ordered')
    const asked = { device: '1:1', conversation: 'c' }
    const verdict = (messages: readonly string[], partitions: number): unknown =>
      said(check.check(asked, { messages, partitions }, world))
    const page = idsOf(50)
    const [newest = '', second = '', ...older] = page
    t.equal(verdict([], 1), true)
    t.equal(verdict(page, 1), true)
    t.equal(verdict(page, 2), true, 'one more whose first message is on its way')
    t.equal(verdict(page.slice(0, 49), 9), true, 'all that there is may be looked for anywhere')
    t.equal(
      verdict(
        idsOf(50, (place) => (place < 25 ? 1 : 0)),
        3,
      ),
      true,
      'from two, and one more',
    )
    t.equal(verdict([second, newest, ...older], 1), `message ${newest} stands behind an older one`)
    t.equal(verdict([newest, newest, ...older], 1), `message ${newest} stands behind an older one`)
    t.equal(verdict(idsOf(51), 1), 'a page has 51 messages')
    t.equal(verdict(page, 3), 'a page in 1 partitions was looked for in 3')
    t.end()
  },
)

t.test('the check of a list finds order, repetition and length that must not be (M-03)', (t) => {
  const [check] = inboxList.checks ?? []
  if (check === undefined) throw new Error('there is no check')
  t.equal(check.name, 'inbox.once')
  type Row = { readonly conversation: string; readonly last: string; readonly unread: number }
  const verdict = (list: readonly Row[]): unknown => said(check.check({ device: '1:1' }, list, world))
  const list = idsOf(20).map((last, place): Row => ({ conversation: `c${place}`, last, unread: 0 }))
  const [first, second, third] = list
  if (first === undefined || second === undefined || third === undefined) throw new Error('there is no list')
  t.equal(verdict([]), true)
  t.equal(verdict(list), true)
  t.equal(verdict([first, { ...second, last: first.last }]), true, 'two at the same moment are in no order')
  t.equal(verdict([first, third, second]), 'the list is out of order at 2')
  t.equal(
    verdict([first, second, { ...third, conversation: 'c0' }]),
    'a conversation stands in the list twice',
  )
  t.equal(verdict([...list, { conversation: 'c20', last: '1', unread: 0 }]), 'a list has 21 conversations')
  t.end()
})
