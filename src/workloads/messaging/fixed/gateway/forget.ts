import { addressOf } from '../../population.ts'
import type { Gateway, Session } from './gateway.ts'
import { NAMES } from './names.ts'
import { dropQueue } from './queue-buckets.ts'
import { ENTRY_SECONDS } from './send.ts'
import {
  DELETE_DEVICE,
  DELETE_MEMBER,
  DELETE_PACKAGES,
  DELETE_USER,
  DELETE_USER_INBOX,
  DELETE_USER_RECEIPTS,
  DELETE_USER_WATERMARKS,
  DELETE_WAITING_KEYS,
  SELECT_DEVICES,
  SELECT_INBOX,
} from './statements.ts'

/** By then parts of messages that were sent to many are served, or are no more. */
const GONE_SECONDS = ENTRY_SECONDS

/** What waits for a device, wherever it is. */
async function forgetQueue({ cassandra, redis }: Gateway, user: bigint, device: number): Promise<void> {
  const address = addressOf({ user, device })
  await redis.wave([
    ['del', NAMES.queue(address), NAMES.route(address), NAMES.position(address), NAMES.built(address)],
    ['zrem', NAMES.waiting, address],
  ])
  await dropQueue(cassandra, { user, device })
  await cassandra.query(DELETE_PACKAGES, [user, device])
  await cassandra.query(DELETE_WAITING_KEYS, [user, device])
  await cassandra.query(DELETE_DEVICE, [user, device])
}

/** Takes nothing any more from the user's devices that are connected here, and cuts them off. */
function expel({ sessions }: Gateway, user: bigint, asking?: Session): void {
  for (const session of sessions.values()) {
    if (session.device.user !== user || session === asking) continue
    session.isGone = true
    session.socket.close(1000, 'the account is gone')
  }
}

/** Another gateway deletes an account: "gateway user". */
export function onGone(gateway: Gateway, message: string): void {
  const [from = '', user = ''] = message.split(' ')
  if (from !== gateway.name) expel(gateway, BigInt(user))
}

/**
 * Deletes an account: none of its devices is served any more at any gateway. It leaves its conversations first, so that
 * nobody writes to it any more, then its devices and what waits for them go. What it said stays with those to whom it said it, in envelopes. May be asked again until it is done.
 * @throws OperationFailure
 */
export async function forgetUser(gateway: Gateway, session: Session): Promise<void> {
  const { cassandra, redis } = gateway
  const { user } = session.device
  // Nobody adds it to a conversation any more, and a part of what was sent to many may be put into queues later than that.
  await redis.wave([
    ['set', NAMES.gone(user), 1, 'EX', GONE_SECONDS],
    ['publish', NAMES.expelled, `${gateway.name} ${user}`],
  ])
  expel(gateway, user, session)
  const inbox = await cassandra.query<{ readonly conversation_id: string }>(SELECT_INBOX, [user])
  for (const { conversation_id: conversation } of inbox) {
    await cassandra.query(DELETE_MEMBER, [conversation, user])
    await cassandra.query(DELETE_USER_RECEIPTS, [conversation, user])
    await gateway.memberships.changed(conversation)
  }
  const devices = await cassandra.query<{ readonly device_id: number }>(SELECT_DEVICES, [user])
  await Promise.all(devices.map(({ device_id: device }) => forgetQueue(gateway, user, device)))
  await gateway.memberships.devicesChanged(user)
  await cassandra.query(DELETE_USER_INBOX, [user])
  await cassandra.query(DELETE_USER_WATERMARKS, [user])
  await cassandra.query(DELETE_USER, [user])
  // Once who asked has been answered.
  setImmediate(() => expel(gateway, user))
}
