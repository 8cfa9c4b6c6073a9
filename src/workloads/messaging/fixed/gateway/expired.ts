import type { RoleHost } from '../../../../core/workload.ts'
import { messageTimeOf } from '../../ids.ts'
import type { EntryName } from './entries.ts'
import type { Gateway, Session } from './gateway.ts'

/** A message that a device never gets: it has waited for as long as messages do (MSG-06). */
export interface ExpiredMessage {
  /** The address of the device. */
  readonly device: string
  readonly conversation: string
  readonly message: bigint
}

/** What the witness calls it. Who comes back twice before it is dropped is told of twice: it is a set. */
export const MESSAGE_EXPIRED = 'message.expired'

/** Tells the run's journal. */
export function witnessExpired({ witness }: Pick<RoleHost, 'witness'>): (expired: ExpiredMessage) => void {
  return ({ device, conversation, message }) =>
    witness(MESSAGE_EXPIRED, { device, conversation, message: message.toString() })
}

/** Whether a message was sent so long ago that it does not wait any more. */
function isExpired({ now, queueSeconds }: Gateway, message: bigint): boolean {
  return messageTimeOf(message).ms + queueSeconds * 1_000 <= now()
}

/** Counts a message as expired for a device, where it has been sent so long ago; whether it was. */
export function expire(gateway: Gateway, { address }: Session, name: EntryName): boolean {
  if (name.kind === 'key' || !isExpired(gateway, name.message)) return false
  gateway.expired({ device: address, conversation: name.conversation, message: name.message })
  return true
}
