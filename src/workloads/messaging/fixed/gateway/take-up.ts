import { OperationFailure } from '../../../../core/errors.ts'
import type { Gateway, Session, Unconfirmed } from './gateway.ts'
import { tellDevices } from './ephemeral.ts'
import { parseAddress } from './keys.ts'
import { dropTaken } from './queue-buckets.ts'
import { DELETE_WAITING_KEY } from './statements.ts'

/** What may fail: who is told something that is kept nowhere hears of the next one. */
function lossy(telling: Promise<unknown>): void {
  telling.catch((error: unknown) => {
    if (!(error instanceof OperationFailure)) throw error
  })
}

/** Members of a conversation that are told at once who received what; of a larger one they ask. */
const TOLD_MEMBERS = 2

/** Who wrote to two people learns at once that it was received; of groups the receipts are asked for (MSG-22). */
async function tellOthers(
  gateway: Gateway,
  session: Session,
  conversation: string,
  state: 'delivered' | 'read',
  message: bigint,
): Promise<void> {
  const { users, devices } = await gateway.memberships.of(conversation)
  if (users.size > TOLD_MEMBERS) return
  const others = devices
    .map(({ address }) => address)
    .filter((address) => parseAddress(address).user !== session.device.user)
  const by = session.address
  await tellDevices(gateway, others, {
    type: 'receipt',
    conversation,
    by,
    state,
    message: message.toString(),
  })
}

/** Tells that a message was read, where it is listened to. */
export function tellRead(gateway: Gateway, session: Session, conversation: string, message: bigint): void {
  lossy(tellOthers(gateway, session, conversation, 'read', message))
}

/** The newest message of each conversation among those that were taken. */
function newestByConversation(taken: readonly Unconfirmed[]): ReadonlyMap<string, bigint> {
  const newest = new Map<string, bigint>()
  for (const { conversation, message } of taken)
    if (message !== undefined && message > (newest.get(conversation) ?? 0n)) newest.set(conversation, message)
  return newest
}

/** What was sent of a bucket of the queue in Cassandra goes there once all of it was taken (M-08). */
export function dropPersisted(gateway: Gateway, { device, persisted }: Session, position: number): void {
  const done = persisted.filter(({ last }) => last <= position)
  if (done.length === 0) return
  const rest = persisted.filter(({ last }) => last > position)
  persisted.splice(0, persisted.length, ...rest)
  const losses = gateway.losses()
  for (const sent of done)
    // In another life of Redis positions begin anew, and what was there is dropped as a whole.
    gateway.cleanups.run(async () => {
      if (gateway.losses() === losses) await dropTaken(gateway, device, sent)
    })
}

/** A device has taken everything up to a position: it is out of the queue, and its receipts move on. */
export function takeUp(gateway: Gateway, session: Session, position: number): void {
  const { unconfirmed, device } = session
  let count = 0
  while ((unconfirmed[count]?.position ?? Infinity) <= position) count += 1
  const taken = unconfirmed.splice(0, count)
  gateway.taken.taken(session.address, { position, epoch: session.epoch })
  for (const { key } of taken)
    if (key !== undefined)
      gateway.cleanups.run(() =>
        gateway.cassandra.query(DELETE_WAITING_KEY, [device.user, device.device, key]),
      )
  for (const [conversation, message] of newestByConversation(taken)) {
    gateway.marks.delivered(conversation, device, message)
    lossy(tellOthers(gateway, session, conversation, 'delivered', message))
  }
  dropPersisted(gateway, session, position)
  session.onTaken?.()
}
