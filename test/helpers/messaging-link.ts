// A device of a test at the gateway that the test chooses, which says and hears frames as they are.
import { openLink } from '../../src/workloads/messaging/protocol/link.ts'
import type { Link } from '../../src/workloads/messaging/protocol/link.ts'
import type { Device } from '../../src/workloads/messaging/clients/device.ts'
import type { Answers, Pushed } from '../../src/workloads/messaging/protocol/answers.ts'
import type { MessagingCase } from './messaging-case.ts'

/** A connection as a device, all that came over it, and whether it is open. */
export interface LinkedDevice {
  readonly address: string
  readonly link: Link
  readonly pushes: readonly Pushed[]
  readonly isOpen: boolean
  ask<Type extends keyof Answers>(type: Type, header?: object, body?: Uint8Array): Promise<Answers[Type]>
}

/** Connects as a device that is registered, in its place, to the n-th gateway. */
export async function linkAs(
  messaging: MessagingCase,
  { address, voucher }: Device,
  gateway: number,
): Promise<LinkedDevice> {
  const port = messaging.gateways[gateway]?.port
  if (port === undefined) throw new Error(`there is no gateway ${gateway}`)
  const pushes: Pushed[] = []
  let isOpen = true
  const link = await openLink(port, {
    pushed: (push) => pushes.push(push),
    unreadable: () => undefined,
    closed() {
      isOpen = false
    },
  })
  await link.ask('hello', { user: address.split(':')[0], ...voucher })
  return {
    address,
    link,
    pushes,
    get isOpen() {
      return isOpen
    },
    ask: (type, header = {}, body) => link.ask(type, header, body),
  }
}
