import type { Arrival, Check, Operation } from '../../../core/operation.ts'
import { choose, rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import type { MessagingApplication } from '../application.ts'
import type { CommandAnswer } from '../clients/control.ts'
import { bucketOf } from '../ids.ts'
import { rates, society } from '../model.ts'
import type { MessagingWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { CODE } from './code.ts'

/** A page shows the newest fifty, and no list is longer than twenty. */
const PAGE = 50
const LISTED = 20

/** Somebody with a conversation at hand. */
interface AtConversation {
  readonly device: string
  readonly conversation: string
}

function atConversation(code: number, arrival: Arrival, world: MessagingWorld): AtConversation {
  const root = rootOf(world.seed, code, arrival)
  const { population } = world
  const conversation = world.conversation([uniform(root, 0), uniform(root, 1)])
  const members = population.membersOf(conversation)
  const user = members[choose(root, 2, members.length)] ?? 0
  return {
    device: world.deviceOf(user, uniform(root, 3)),
    conversation: population.conversationId(conversation),
  }
}

type PersonOperation<Input, Output> = Operation<MessagingApplication, MessagingWorld, Input, Output>

/** Somebody reads what was said: the mark moves on (MSG-23). */
export const messageRead: PersonOperation<AtConversation, null> = {
  name: 'message.read',
  claims: ['MSG-12', 'MSG-23'],
  kind: 'write',
  rate: rates['message.read'],
  targets: [],
  input: (arrival, world) => atConversation(CODE['message.read'], arrival, world),
  run: (application, input, context) => application.command('message.read', input, context),
}

type Page = CommandAnswer<'history.page'>

/**
 * Newest first, each once, no more than fifty; from no more partitions than they are in, and from one where it holds as many
 * (MSG-13). One more may have been looked at whose first message is on its way.
 */
const pageOrdered: Check<AtConversation, Page, MessagingWorld> = {
  name: 'history.page-ordered',
  claims: ['MSG-13', 'MSG-24'],
  defects: ['M-01'],
  check(_input, { messages, partitions }) {
    if (messages.length > PAGE) return { message: `a page has ${messages.length} messages` }
    for (let index = 1; index < messages.length; index += 1)
      if (BigInt(messages[index - 1] ?? 0) <= BigInt(messages[index] ?? 0))
        return { message: `message ${messages[index]} stands behind an older one` }
    const buckets = new Set(messages.map((message) => bucketOf(BigInt(message))))
    if (messages.length === PAGE && partitions > buckets.size + 1)
      return { message: `a page in ${buckets.size} partitions was looked for in ${partitions}` }
    return true
  },
}

/** Somebody scrolls back (MSG-24). */
export const historyPage: PersonOperation<AtConversation, Page> = {
  name: 'history.page',
  claims: ['MSG-13', 'MSG-24'],
  kind: 'read',
  rate: rates['history.page'],
  targets: [],
  checks: [pageOrdered],
  input: (arrival, world) => atConversation(CODE['history.page'], arrival, world),
  run: (application, input, context) => application.command('history.page', input, context),
}

interface AtDevice {
  readonly device: string
}

type Inbox = CommandAnswer<'inbox.list'>

/** Newest first, each conversation once (M-03). */
const inboxOnce: Check<AtDevice, Inbox, MessagingWorld> = {
  name: 'inbox.once',
  claims: ['MSG-15', 'MSG-25'],
  defects: ['M-03'],
  check(_input, conversations) {
    if (conversations.length > LISTED) return { message: `a list has ${conversations.length} conversations` }
    const names = new Set(conversations.map(({ conversation }) => conversation))
    if (names.size < conversations.length) return { message: 'a conversation stands in the list twice' }
    for (let index = 1; index < conversations.length; index += 1)
      if (BigInt(conversations[index - 1]?.last ?? 0) < BigInt(conversations[index]?.last ?? 0))
        return { message: `the list is out of order at ${index}` }
    return true
  },
}

/** Somebody opens the list of conversations (MSG-25). */
export const inboxList: PersonOperation<AtDevice, Inbox> = {
  name: 'inbox.list',
  claims: ['MSG-15', 'MSG-25'],
  kind: 'read',
  rate: rates['inbox.list'],
  targets: [],
  checks: [inboxOnce],
  input(arrival, world) {
    const { device } = atConversation(CODE['inbox.list'], arrival, world)
    return { device }
  },
  run: (application, input, context) => application.command('inbox.list', input, context),
}

/** Somebody types, and the other sees it: kept nowhere. */
export const typingSend: PersonOperation<AtConversation, null> = {
  name: 'typing.send',
  claims: ['MSG-20'],
  kind: 'read',
  rate: rates['typing.send'],
  targets: [],
  input: (arrival, world) => atConversation(CODE['typing.send'], arrival, world),
  run: (application, input, context) => application.command('typing.send', input, context),
}

/** A device loses its connection (MSG-06). */
export const deviceLeave: PersonOperation<AtDevice, null> = {
  name: 'device.leave',
  claims: ['MSG-06', 'MSG-26'],
  kind: 'read',
  rate: rates['device.leave'],
  targets: [],
  input: ({ index }, world) => ({ device: world.roaming(index) }),
  run: (application, input, context) => application.command('device.leave', input, context),
}

/** It comes back some seconds later, and is sent all that waits for it: how long until it has it (MSG-26). */
export const deviceReturn: PersonOperation<AtDevice, CommandAnswer<'device.return'>> = {
  name: 'device.return',
  claims: ['MSG-06', 'MSG-26'],
  kind: 'read',
  rate: rates['device.return'],
  targets: [],
  input(arrival, world) {
    const which = { operation: 'device.leave', lagSeconds: society.awaySeconds.value }
    const left = earlier(world.pace, arrival, which)
    if (left === undefined) countStandIn(world, 'device.return')
    return { device: world.roaming(left?.index ?? arrival.index) }
  },
  run: (application, input, context) => application.command('device.return', input, context),
}
