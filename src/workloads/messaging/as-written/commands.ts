import { setTimeout } from 'node:timers/promises'
import { OperationFailure } from '../../../core/errors.ts'
import type { CommandAnswer, CommandAsk, CommandName } from '../clients/control.ts'
import { CANARY, textOf } from '../clients/plaintext.ts'
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

/** What people do. Each throws Refusal or OperationFailure. */
export const textCommands: { readonly [Name in CommandName]: Command<Name> } = {
  async 'message.send'(society, device, { conversation, key, kind, mediaBytes, repeats }, deadlineAt) {
    society.writes(key)
    await device.arrive()
    const media =
      kind === 'text' ? undefined : await device.ask('upload', {}, Buffer.alloc(mediaBytes, CANARY))
    const send = {
      conversation,
      recipients: society.othersIn(conversation, device.user).map(String),
      kind,
      content: textOf(key),
      ...(media === undefined ? {} : { mediaUrl: media.url }),
    }
    const first = await sendUntilAnswered(device, send, deadlineAt)
    const again = repeats ? numberOf(await sendUntilAnswered(device, send, deadlineAt)) : undefined
    const recipients = society.othersDevices(conversation, device.user).length
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
