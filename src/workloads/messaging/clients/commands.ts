import type { CommandAnswer, CommandAsk, CommandName } from './control.ts'
import type { Device } from './device.ts'
import type { Society } from './society.ts'
import { send } from './send.ts'

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

/** What people do. Each throws Refusal or OperationFailure. */
export const commands: { readonly [Name in CommandName]: Command<Name> } = {
  'message.send': (_society, device, ask, deadlineAt) => send(device, { ...ask, deadlineAt }),
  async 'message.read'({ newest }, device, { conversation }) {
    await awake(device)
    const message = newest.get(`${device.address} ${conversation}`)
    // Nothing has come yet that could be read.
    if (message !== undefined) await device.ask('read', { conversation, message: message.toString() })
    return null
  },
  async 'history.page'(_society, device, { conversation }) {
    await awake(device)
    const { messages, partitions } = await device.ask('history', { conversation })
    return { messages: messages.map(({ message }) => message), partitions }
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
