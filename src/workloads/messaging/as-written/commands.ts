import { setTimeout } from 'node:timers/promises'
import { OperationFailure } from '../../../core/errors.ts'
import type { ChangedAnswer, CommandAnswer, CommandAsk, CommandName, SentAnswer } from '../clients/control.ts'
import { CANARY, textOf } from '../clients/plaintext.ts'
import { pairId } from '../population.ts'
import type { PollingDevice } from './device.ts'
import type { TextAnswers } from './requests.ts'
import type { TextSociety } from './society.ts'
import { timeUuidNumber } from './time-uuid.ts'

/** Before a device that lost its connection tries again. */
const AGAIN_MS = 50

type Command<Name extends CommandName> = (
  society: TextSociety,
  device: PollingDevice,
  ask: CommandAsk<Name>,
  deadlineAt: number,
) => Promise<CommandAnswer<Name>>

/** A connection that is lost under a message makes the device send it again: nothing tells the server that it is the same. */
async function sendUntilAnswered(
  device: PollingDevice,
  send: object,
  deadlineAt: number,
): Promise<TextAnswers['send']> {
  for (;;) {
    try {
      return await device.ask('send', send)
    } catch (error) {
      const isLost = error instanceof OperationFailure && error.kind === 'unavailable'
      if (!isLost || performance.now() > deadlineAt) throw error
      await device.arrive().catch(() => undefined)
      await setTimeout(AGAIN_MS)
    }
  }
}

function numberOf({ messages }: TextAnswers['send']): string {
  return timeUuidNumber(messages[0] ?? '').toString()
}

/** A short text to some users: who they are, whoever writes has to know. */
async function say(
  society: TextSociety,
  device: PollingDevice,
  { conversation, users, key }: { conversation: string; users: readonly string[]; key: string },
  deadlineAt: number,
): Promise<SentAnswer> {
  const others = users.map(BigInt).filter((user) => user !== device.user)
  const recipients = society.writes(key, others)
  await device.arrive()
  const send = { conversation, recipients: others.map(String), kind: 'text', content: textOf(key) }
  return { message: numberOf(await sendUntilAnswered(device, send, deadlineAt)), recipients }
}

/** Says something to those who are in a group before and after they change: nothing of it is kept (M-12). */
async function change(
  society: TextSociety,
  device: PollingDevice,
  { group, users, before, key }: CommandAsk<'member.add'>,
  after: readonly string[],
  deadlineAt: number,
): Promise<ChangedAnswer> {
  const first = await say(society, device, { conversation: group, users, key: before }, deadlineAt)
  const second = await say(society, device, { conversation: group, users: after, key }, deadlineAt)
  return { ...second, messageBefore: first.message }
}

/** What people do. Each throws Refusal or OperationFailure. */
export const textCommands: { readonly [Name in CommandName]: Command<Name> } = {
  async 'message.send'(society, device, { conversation, key, kind, mediaBytes, repeats }, deadlineAt) {
    const others = society.othersIn(conversation, device.user)
    const recipients = society.writes(key, others)
    await device.arrive()
    const media =
      kind === 'text' ? undefined : await device.ask('upload', {}, Buffer.alloc(mediaBytes, CANARY))
    const send = {
      conversation,
      recipients: others.map(String),
      kind,
      content: textOf(key),
      ...(media === undefined ? {} : { mediaUrl: media.url }),
    }
    const first = await sendUntilAnswered(device, send, deadlineAt)
    const again = repeats ? numberOf(await sendUntilAnswered(device, send, deadlineAt)) : undefined
    return { message: numberOf(first), recipients, again }
  },
  async 'message.read'(_society, device, { conversation }) {
    await device.arrive()
    const messages = device.takeUnread(conversation)
    if (messages.length > 0) await device.ask('read', { conversation, messages })
    return null
  },
  async 'history.page'(_society, device, { conversation }) {
    await device.arrive()
    const { messages } = await device.ask('history', { conversation })
    return { messages: messages.map((message) => timeUuidNumber(message).toString()), partitions: 1 }
  },
  async 'inbox.list'(_society, device) {
    await device.arrive()
    const { conversations } = await device.ask('inbox')
    return conversations.map(({ conversation, last, unread }) => ({
      conversation,
      last: timeUuidNumber(last).toString(),
      unread,
    }))
  },
  // Nothing is pushed: nobody can see it.
  'typing.send': () => Promise.resolve(null),
  'conversation.start': (society, device, { user, key }, deadlineAt) =>
    say(society, device, { conversation: pairId(device.user, BigInt(user)), users: [user], key }, deadlineAt),
  'group.create': (society, device, { group, users, key }, deadlineAt) =>
    say(society, device, { conversation: group, users, key }, deadlineAt),
  'member.add': (society, device, ask, deadlineAt) =>
    change(society, device, ask, [...ask.users, ask.user], deadlineAt),
  'member.remove': (society, device, ask, deadlineAt) =>
    change(
      society,
      device,
      ask,
      ask.users.filter((user) => user !== ask.user),
      deadlineAt,
    ),
  async 'device.register'(society, device, { number }) {
    await society.add({ user: device.user, device: number }).arrive()
    return null
  },
  async 'account.delete'(society, device, { user, key }, deadlineAt) {
    const made = society.add({ user: BigInt(user), device: 1 })
    const conversation = pairId(made.user, device.user)
    const sent = await say(society, made, { conversation, users: [device.user.toString()], key }, deadlineAt)
    await made.ask('forget')
    society.remove(made)
    return sent
  },
  async 'device.leave'(_society, device) {
    device.leave()
    return null
  },
  async 'device.return'(society, device) {
    const before = society.receivedBy(device.address)
    await device.arrive()
    return { received: society.receivedBy(device.address) - before }
  },
}
