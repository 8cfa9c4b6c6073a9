import type { CommandAnswer, CommandAsk, CommandName, ChangedAnswer, SentAnswer } from './control.ts'
import type { Device } from './device.ts'
import { makeGroup } from './groups.ts'
import type { Society } from './society.ts'
import { send } from './send.ts'
import type { Voucher } from '../protocol/requests.ts'

type Command<Name extends CommandName> = (
  society: Society,
  device: Device,
  ask: CommandAsk<Name>,
  deadlineAt: number,
) => Promise<CommandAnswer<Name>>

/** Who uses a device that is away takes it out of its pocket first. */
async function awake(device: Device): Promise<void> {
  if (!device.isOnline) await device.arrive()
}

/** Who could not register is of no society. */
async function registered(society: Society, device: Device, by?: Voucher): Promise<void> {
  try {
    await device.register(by)
  } catch (error) {
    society.remove(device)
    throw error
  }
}

/** A short text, once the members are known as they are now. */
async function say(
  device: Device,
  conversation: string,
  key: string,
  deadlineAt: number,
): Promise<SentAnswer> {
  device.known.delete(conversation)
  const { message, recipients } = await send(device, {
    conversation,
    key,
    kind: 'text',
    mediaBytes: 0,
    repeats: false,
    deadlineAt,
  })
  return { message, recipients }
}

/** Makes a group, and says something before and after its members change. */
async function change(
  device: Device,
  type: 'add' | 'remove',
  { group, users, user, before, key }: CommandAsk<'member.add'>,
  deadlineAt: number,
): Promise<ChangedAnswer> {
  await awake(device)
  await makeGroup(device, group, users)
  const first = await say(device, group, before, deadlineAt)
  if (type === 'add') await device.ask('add', { conversation: group, users: [user] })
  else await device.ask('remove', { conversation: group, user })
  const second = await say(device, group, key, deadlineAt)
  return { ...second, messageBefore: first.message }
}

/** What people do. Each throws Refusal or OperationFailure. */
export const commands: { readonly [Name in CommandName]: Command<Name> } = {
  'message.send': (_society, device, ask, deadlineAt) => send(device, { ...ask, deadlineAt }),
  async 'message.read'({ newest }, device, { conversation }) {
    await awake(device)
    const message = newest.get(`${device.address} ${conversation}`)
    // Nothing has come yet that could be read.
    if (message !== undefined) await device.read(conversation, message)
    return null
  },
  async 'history.page'(society, device, { conversation }) {
    await awake(device)
    const { messages, partitions, isShared } = await device.ask('history', { conversation })
    if (partitions === 0) return { messages: society.page(device.address, conversation), partitions }
    return { messages: messages.map(({ message }) => message), partitions, isShared }
  },
  async 'inbox.list'(_society, device) {
    await awake(device)
    const { conversations } = await device.ask('inbox')
    return conversations
  },
  async 'typing.send'(_society, device, { conversation }) {
    await awake(device)
    device.tell({ type: 'typing', conversation })
    return null
  },
  async 'conversation.start'(_society, device, { user, key }, deadlineAt) {
    await awake(device)
    const { conversation } = await device.ask('start', { user })
    return say(device, conversation, key, deadlineAt)
  },
  async 'group.create'(_society, device, { group, users, key }, deadlineAt) {
    await awake(device)
    await makeGroup(device, group, users)
    return say(device, group, key, deadlineAt)
  },
  'member.add': (_society, device, ask, deadlineAt) => change(device, 'add', ask, deadlineAt),
  'member.remove': (_society, device, ask, deadlineAt) => change(device, 'remove', ask, deadlineAt),
  async 'device.register'(society, device, { number }) {
    const [user = ''] = device.address.split(':')
    const made = society.add({ user: BigInt(user), device: number })
    await registered(society, made, device.voucher)
    await made.arrive()
    return null
  },
  async 'account.delete'(society, device, { user, key }, deadlineAt) {
    const [other = ''] = device.address.split(':')
    const made = society.add({ user: BigInt(user), device: 1 })
    await registered(society, made)
    await made.arrive()
    const { conversation } = await made.ask('start', { user: other })
    const sent = await say(made, conversation, key, deadlineAt)
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
