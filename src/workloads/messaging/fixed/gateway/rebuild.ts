import { OperationFailure } from '../../../../core/errors.ts'
import { messageIdOf } from '../../ids.ts'
import { addressOf } from '../../population.ts'
import type { DeviceAddress } from '../../population.ts'
import { rowsOf } from '../../rows.ts'
import { bucketsSince } from './buckets.ts'
import { keyEntry, messageEntry } from './entries.ts'
import type { KeyPayload, MessagePayload } from './entries.ts'
import { expire } from './expired.ts'
import type { Gateway, Session } from './gateway.ts'
import { NAMES } from './names.ts'
import { dropQueue } from './queue-buckets.ts'
import { rebuildQueue } from './scripts.ts'
import { ENTRY_SECONDS } from './send.ts'
import {
  SELECT_DELIVERED,
  SELECT_DEVICE,
  SELECT_INBOX,
  SELECT_JOINED,
  SELECT_SINCE,
  SELECT_WAITING_KEYS,
} from './statements.ts'

/** Entries that one script puts into a queue. */
const TOGETHER = 200

type Entry = readonly [entry: string, payload: string]

interface KeyRow {
  readonly key_id: string
  readonly conversation_id: string
  readonly sender_id: bigint
  readonly sender_device: number
  readonly sender_identity: Uint8Array
  readonly wrapped: Uint8Array
}

interface DeviceRow {
  readonly registered_at: Date
}

interface MessageRow {
  readonly message_id: bigint
  readonly sender_id: bigint
  readonly sender_device: number
  readonly envelope: Uint8Array
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** Keys that a device was given and has not taken. */
export async function keysFor(
  { cassandra }: Pick<Gateway, 'cassandra'>,
  device: DeviceAddress,
): Promise<readonly Entry[]> {
  const rows = await rowsOf<KeyRow>(cassandra, SELECT_WAITING_KEYS, [device.user, device.device])
  return rows.map((row): Entry => {
    const payload: KeyPayload = {
      kind: 'key',
      from: addressOf({ user: row.sender_id, device: row.sender_device }),
      identity: base64(row.sender_identity),
      conversation: row.conversation_id,
      wrapped: base64(row.wrapped),
    }
    return [`${keyEntry(row.key_id)}#0.1`, JSON.stringify(payload)]
  })
}

/** The messages of a conversation, since its user joined it, that the device has not said to have, oldest first. */
async function messagesFor(
  gateway: Gateway,
  session: Session,
  conversation: string,
  registered: bigint,
): Promise<readonly Entry[]> {
  const { cassandra } = gateway
  const { address, device } = session
  const [mark] = await cassandra.query<{ readonly delivered_message_id: bigint | null }>(SELECT_DELIVERED, [
    conversation,
    device.user,
    device.device,
  ])
  const [member] = await cassandra.query<{ readonly joined_after: bigint | null }>(SELECT_JOINED, [
    conversation,
    device.user,
  ])
  const taken = mark?.delivered_message_id ?? registered
  const joined = member?.joined_after ?? 0n
  const since = taken > joined ? taken : joined
  const { devices } = await gateway.memberships.of(conversation)
  const own = devices.findIndex((each) => each.address === address)
  const entries: Entry[] = []
  for (const bucket of await bucketsSince(cassandra, conversation, since)) {
    const rows = await rowsOf<MessageRow>(cassandra, SELECT_SINCE, [conversation, bucket, since])
    for (const row of rows.toReversed()) {
      const from = addressOf({ user: row.sender_id, device: row.sender_device })
      if (from === address || row.envelope.length === 0) continue
      const sender = devices.findIndex((each) => each.address === from)
      const name = { kind: 'message', conversation, message: row.message_id } as const
      // As what waited in the store: it is the same queue, whatever was lost.
      if (expire(gateway, session, name)) continue
      // Among all of them but the sender, where that one still is a member.
      const part = sender >= 0 && sender < own ? own - 1 : own
      const of = sender >= 0 ? devices.length - 1 : devices.length
      const payload: MessagePayload = { kind: 'message', from, envelope: base64(row.envelope) }
      entries.push([`${messageEntry(conversation, row.message_id)}#${part}.${of}`, JSON.stringify(payload)])
    }
  }
  return entries
}

/**
 * Makes the queue of a device anew from the store, where Redis was lost: the keys that it was given, then the messages
 * behind its receipts. A queue is derived: whatever was acknowledged is in the log (design.md, section 5). What the
 * device had taken already, and what has come since, it knows by what its sender named it. @throws OperationFailure
 */
export async function rebuild(gateway: Gateway, session: Session): Promise<void> {
  const { cassandra, redis } = gateway
  const { address, device } = session
  // What was moved there before Redis was lost is in the log too, and its positions mean nothing any more.
  await dropQueue(cassandra, device)
  const [row] = await cassandra.query<DeviceRow>(SELECT_DEVICE, [device.user, device.device])
  const registered = messageIdOf({ ms: row?.registered_at.getTime() ?? 0, sequence: 0 })
  const inbox = await cassandra.query<{ readonly conversation_id: string }>(SELECT_INBOX, [device.user])
  const entries = [
    ...(await keysFor(gateway, device)),
    ...(
      await Promise.all(
        inbox.map(({ conversation_id: conversation }) =>
          messagesFor(gateway, session, conversation, registered),
        ),
      )
    ).flat(),
  ]
  // Once, too, where nothing is to be put there: something may be left of an attempt before.
  for (let from = 0; from === 0 || from < entries.length; from += TOGETHER) {
    const [isOurs] = await redis.wave([
      redis.call(
        rebuildQueue,
        [NAMES.queue(address), NAMES.route(address)],
        [ENTRY_SECONDS, from, session.route, ...entries.slice(from, from + TOGETHER).flat()],
      ),
    ])
    if (isOurs !== 1) throw new OperationFailure('unavailable', `${address} is connected elsewhere`)
  }
  await redis.wave([['set', NAMES.built(address), 1]])
}
