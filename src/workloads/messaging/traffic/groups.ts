import type { JournalKeys, Operation } from '../../../core/operation.ts'
import { choose, rootOf, uniform, uniqueWord } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import type { MessagingApplication } from '../application.ts'
import type { ChangedAnswer, SentAnswer } from '../clients/control.ts'
import { MESSAGE_DELIVERED } from '../flows.ts'
import type { MessagingOperation } from '../model.ts'
import { rates } from '../model.ts'
import { pairId, userIdOf, uuidOf } from '../population.ts'
import type { MessagingWorld } from '../world.ts'
import { CODE } from './code.ts'

/** Members of a group that is made in a run, its maker among them. */
const SMALLEST = 3
const SIZES = 5

/** Something that ends in a message, which reaches those who are members by then. */
interface Saying {
  readonly device: string
  readonly conversation: string
  readonly key: string
  /** Decimal ids of all members, whoever sends it among them. */
  readonly members: readonly string[]
  /** Who is added, removed or written to. */
  readonly user: string
}

type SayingOperation = Operation<MessagingApplication, MessagingWorld, Saying, SentAnswer>

function journal({ device, conversation, key, members }: Saying): JournalKeys {
  return { device, conversation, key, members: members.join(' ') }
}

/** What such operations have in common: each is a write that begins the delivery of its message. */
function saying(
  name: MessagingOperation,
  claims: readonly string[],
  parts: Pick<SayingOperation, 'input' | 'run'>,
): SayingOperation {
  return {
    name,
    claims,
    kind: 'write',
    rate: rates[name],
    targets: [],
    journal,
    outcome: (_input, { message, recipients }) => ({ message, recipients }),
    flows: ({ key }, { recipients }) => (recipients === 0 ? undefined : { flows: [MESSAGE_DELIVERED], key }),
    ...parts,
  }
}

function keyOf(world: MessagingWorld, name: string, id: ArrivalId): string {
  return uuidOf(`${name} ${world.seed} ${uniqueWord(id)}`)
}

/** Two users who may or may not know each other already (MSG-20, M-22). */
export const conversationStart: SayingOperation = saying('conversation.start', ['MSG-20'], {
  input(arrival, world) {
    const root = rootOf(world.seed, CODE['conversation.start'], arrival)
    const { population } = world
    const one = choose(root, 0, population.size)
    const other = (one + 1 + choose(root, 1, population.size - 1)) % population.size
    const [user, with_] = [population.userId(one), population.userId(other)]
    return {
      device: world.deviceOf(one, uniform(root, 2)),
      conversation: pairId(user, with_),
      key: keyOf(world, 'start', arrival),
      members: [user.toString(), with_.toString()],
      user: with_.toString(),
    }
  },
  run: (application, { device, user, key }, context) =>
    application.command('conversation.start', { device, user, key }, context),
})

/** The users of a group that an arrival makes; the last one is in it at times only. */
function usersOf(world: MessagingWorld, code: number, id: ArrivalId): readonly number[] {
  const root = rootOf(world.seed, code, id)
  const { size } = world.population
  const first = choose(root, 0, size)
  const count = Math.min(size - 1, SMALLEST + choose(root, 1, SIZES))
  const step = 1 + choose(root, 2, Math.max(1, Math.floor(size / (count + 1)) - 1))
  return Array.from({ length: count + 1 }, (_, index) => (first + index * step) % size)
}

/** The group that an arrival makes, and what its maker says in it. */
function groupAt(world: MessagingWorld, code: number, id: ArrivalId, key: string): Saying {
  const users = usersOf(world, code, id).slice(0, -1)
  return {
    device: world.deviceOf(users[0] ?? 0, 0),
    conversation: keyOf(world, `group ${code}`, id),
    key,
    members: users.map((user) => userIdOf(user).toString()),
    user: '',
  }
}

/** Somebody makes a group and greets it (MSG-03, MSG-21). */
export const groupCreate: SayingOperation = saying('group.create', ['MSG-03', 'MSG-21'], {
  input: (arrival, world) => groupAt(world, CODE['group.create'], arrival, keyOf(world, 'created', arrival)),
  run: (application, { device, conversation, members, key }, context) =>
    application.command('group.create', { device, group: conversation, users: members, key }, context),
})

/** A group whose members change: what is said before, and to whom. */
interface Changing extends Saying {
  readonly users: readonly string[]
  readonly before: string
}

type ChangingOperation = Operation<MessagingApplication, MessagingWorld, Changing, ChangedAnswer>

function changing(
  name: 'member.add' | 'member.remove',
  input: (group: Saying, all: readonly string[]) => Pick<Changing, 'members' | 'users' | 'user'>,
): ChangingOperation {
  return {
    name,
    claims: ['MSG-05', 'MSG-21'],
    kind: 'write',
    rate: rates[name],
    targets: [],
    input(arrival, world) {
      const group = groupAt(world, CODE[name], arrival, keyOf(world, name, arrival))
      const all = usersOf(world, CODE[name], arrival).map((user) => userIdOf(user).toString())
      return { ...group, ...input(group, all), before: keyOf(world, `before ${name}`, arrival) }
    },
    run: (application, { device, conversation, users, user, key, before }, context) =>
      application.command(name, { device, group: conversation, users, user, key, before }, context),
    journal: (saying) => ({
      ...journal(saying),
      before: saying.before,
      membersBefore: saying.users.join(' '),
    }),
    outcome: (_input, { message, recipients, messageBefore }) => ({ message, recipients, messageBefore }),
    flows: ({ key }) => ({ flows: [MESSAGE_DELIVERED], key }),
  }
}

/** Somebody makes a group, greets it, adds one more and says so: the new one reads the second, and not the first (M-26). */
export const memberAdd: ChangingOperation = changing('member.add', ({ members }, all) => ({
  users: members,
  members: all,
  user: all.at(-1) ?? '',
}))

/** Somebody makes a group, greets it, removes one and goes on: who is gone reads the first, and not the second (M-26). */
export const memberRemove: ChangingOperation = changing('member.remove', ({ members }, all) => ({
  users: all,
  members,
  user: all.at(-1) ?? '',
}))

/** Users of accounts that are made to be deleted come behind the population's. */
const FIRST_GUEST = 2 ** 26

/** A new account writes to somebody, and is deleted with all that is about it. */
export const accountDelete: SayingOperation = {
  ...saying('account.delete', ['MSG-27'], {
    input(arrival, world) {
      const root = rootOf(world.seed, CODE['account.delete'], arrival)
      const { population } = world
      const other = choose(root, 0, population.size)
      const guest = userIdOf(FIRST_GUEST + arrival.number)
      return {
        device: world.deviceOf(other, 0),
        conversation: pairId(guest, population.userId(other)),
        key: keyOf(world, 'guest', arrival),
        members: [guest.toString(), population.userId(other).toString()],
        user: guest.toString(),
      }
    },
    run: (application, { device, user, key }, context) =>
      application.command('account.delete', { device, user, key }, context),
  }),
  // The new account's device is the one that sends.
  journal: (said) => ({ ...journal(said), device: `${said.user}:1` }),
}

/** Numbers of devices that are registered in a run come behind those that are there. */
const FIRST_NUMBER = 3
const NUMBERS = 97

/** Somebody has a new device: who writes to them from then on writes to it too (MSG-27, M-25). */
export const deviceRegister: Operation<
  MessagingApplication,
  MessagingWorld,
  { readonly device: string; readonly number: number },
  null
> = {
  name: 'device.register',
  claims: ['MSG-27'],
  kind: 'write',
  rate: rates['device.register'],
  targets: [],
  input(arrival, world) {
    const { population } = world
    const number = Math.floor(arrival.number / population.size) % NUMBERS
    const user = arrival.number % population.size
    return { device: world.deviceOf(user, 0), number: FIRST_NUMBER + number }
  },
  run: (application, input, context) => application.command('device.register', input, context),
}
