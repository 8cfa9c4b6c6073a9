import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Device } from '../../src/workloads/messaging/clients/device.ts'
import { userIdOf } from '../../src/workloads/messaging/population.ts'
import type { Ephemeral, Pushed } from '../../src/workloads/messaging/protocol/answers.ts'
import { eventually } from '../helpers/context.ts'
import { linkAs } from '../helpers/messaging-link.ts'
import type { LinkedDevice } from '../helpers/messaging-link.ts'
import { seedUsers } from '../helpers/messaging-strangers.ts'
import { openMessaging } from '../helpers/messaging.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging()
const { people, own } = messaging
const idOf = (user: number): string => people.userId(user).toString()

// Three friends and two who are not in their group, whose devices a test connects where it likes.
const [one, near, far, stranger, newcomer] = [0, 1, 2, 3, 4].map((user) => messaging.device(user))
if (!one || !near || !far || !stranger || !newcomer) throw new Error('there are at least five people')
const group = randomUUID()
await one.ask('group', { key: group, users: [1, 2].map(idOf) })
for (const device of messaging.society.devices.values()) await messaging.leave(device)

const linked: LinkedDevice[] = []

async function at(gateway: number, device: Device): Promise<LinkedDevice> {
  const made = await linkAs(messaging, device, gateway)
  linked.push(made)
  await eventually(() => made.pushes.some(({ type }) => type === 'drained'))
  return made
}

const isAway = async (address: string): Promise<boolean> =>
  (await own.redis.wave([['exists', `route:${address}`]]))[0] === 0

async function leave({ link, address }: LinkedDevice): Promise<void> {
  link.close()
  await eventually(() => isAway(address))
}

t.afterEach(async () => {
  const ended = linked.splice(0)
  for (const { link } of ended) link.close()
  for (const { address } of ended) await eventually(() => isAway(address))
})

function heard({ pushes }: LinkedDevice, type: Ephemeral['type']): Pushed[] {
  return pushes.filter((push) => push.type === type)
}

t.test('who types is seen by members at either gateway, and by nobody else', async (t) => {
  const [typist, here, there, other] = [
    await at(0, one),
    await at(0, near),
    await at(1, far),
    await at(1, stranger),
  ]
  typist.link.tell({ type: 'typing', conversation: group })
  const typing = { type: 'typing', conversation: group, from: typist.address }
  for (const member of [here, there]) {
    await eventually(() => heard(member, 'typing').length > 0)
    t.same(heard(member, 'typing'), [typing], member.address)
  }
  t.same([...heard(typist, 'typing'), ...heard(other, 'typing')], [])
})

t.test('in a large group nobody is told who types', async (t) => {
  const [typist, there] = [await at(0, one), await at(1, far)]
  const large = randomUUID()
  const crowd = Array.from({ length: 40 }, (_, index) => userIdOf(1_000 + index))
  await seedUsers(own, crowd)
  await typist.ask('group', { key: large, users: [idOf(2), ...crowd.map(String)] })
  typist.link.tell({ type: 'typing', conversation: large })
  typist.link.tell({ type: 'typing', conversation: group })
  await eventually(() => heard(there, 'typing').length > 0)
  t.same(heard(there, 'typing'), [{ type: 'typing', conversation: group, from: typist.address }])
})

t.test('who wrote to one other learns over gateways that it was delivered and read', async (t) => {
  const [writer, reader] = [await at(0, one), await at(1, stranger)]
  const { conversation } = await writer.ask('start', { user: idOf(3) })
  const { state } = await writer.ask('devices', { conversation })
  const ask = { conversation, state, key: randomUUID(), again: false }
  const sent = await writer.ask('send', ask, Buffer.from('x'))
  const message = 'message' in sent ? sent.message : ''
  await eventually(() => reader.pushes.some(({ type }) => type === 'message'))
  const push = reader.pushes.find((each) => each.type === 'message')
  reader.link.tell({ type: 'taken', position: push?.position })
  const receipt = { type: 'receipt', conversation, by: reader.address, message }
  await eventually(() => heard(writer, 'receipt').length === 1)
  await reader.ask('read', { conversation, message })
  await eventually(() => heard(writer, 'receipt').length === 2)
  t.same(heard(writer, 'receipt'), [
    { ...receipt, state: 'delivered' },
    { ...receipt, state: 'read' },
  ])
})

t.test('members see each other come and go at either gateway', async (t) => {
  const friend = await at(0, one)
  // No earlier test's connection of the comer may be told to have gone meanwhile.
  await friend.ask('group', { key: randomUUID(), users: [idOf(4)] })
  const comer = await at(1, newcomer)
  const told = (whom: typeof friend, by: typeof friend): string =>
    heard(whom, 'presence')
      .flatMap((push) => (push.type === 'presence' && push.from === by.address ? [push.state] : []))
      .join(' ')
  // Who has come itself just before hears who is here and who comes, which may be the same twice.
  await eventually(() => told(friend, comer) !== '')
  t.match(told(friend, comer), /^online( online)?$/, 'who is here is told who comes')
  await eventually(() => told(comer, friend) !== '')
  t.match(told(comer, friend), /^online( online)?$/, 'who comes is told who is here')
  await leave(comer)
  await eventually(() => told(friend, comer).includes('offline'))
  t.match(told(friend, comer), /^online( online)? offline$/)
})

t.test('who changes gateways is online for others when all is told', async (t) => {
  const friend = await at(0, one)
  const before = await at(0, far)
  const after = await at(1, far)
  before.link.close()
  const told = (): object[] =>
    heard(friend, 'presence').filter((push) => 'from' in push && push.from === after.address)
  await eventually(() => told().length >= 2)
  t.same(told().at(-1), { type: 'presence', from: after.address, state: 'online' })
})

t.test('what is told of typing and presence is kept nowhere: who was away hears nothing of it', async (t) => {
  const typist = await at(0, one)
  const here = await at(1, near)
  typist.link.tell({ type: 'typing', conversation: group })
  await eventually(() => heard(here, 'typing').length > 0 && heard(here, 'presence').length > 0)
  t.equal(await messaging.waiting(far), 0, 'nothing waits')
  const [, names] = (await own.redis.wave([['scan', 0, 'match', '*:*', 'count', 100_000]]))[0] as [
    string,
    string[],
  ]
  const kinds = new Set(names.map((name) => name.split(':')[0]))
  for (const kind of ['typing', 'presence', 'told']) t.notOk(kinds.has(kind), kind)
  const late = await at(1, far)
  await eventually(() => heard(late, 'presence').length >= 2)
  t.same(heard(late, 'typing'), [])
})
