import { bucketOf, messageIdOf, QUEUE_SECONDS } from '../../ids.ts'
import { addressOf } from '../../population.ts'
import type { DeviceAddress } from '../../population.ts'
import { rowsOf } from '../../rows.ts'
import { bucketsSince, newestOf } from './buckets.ts'
import type { Gateway } from './gateway.ts'
import { parseAddress } from './keys.ts'
import {
  BLANK_MESSAGE,
  DELETE_BUCKET,
  DELETE_FORWARDED,
  SELECT_DEVICE,
  SELECT_JOINED,
  SELECT_LEFT,
  SELECT_RECEIPTS,
} from './statements.ts'

const NOTHING = Buffer.alloc(0)

interface ReceiptRow {
  readonly user_id: bigint
  readonly device_id: number
  readonly delivered_message_id: bigint | null
}

interface LeftRow {
  readonly message_id: bigint
  readonly sender_id: bigint
  readonly sender_device: number
}

/** Up to where a device is owed nothing, whatever it took: it was not there, or its user was not in the conversation. */
async function owedBehind(
  { cassandra }: Gateway,
  conversation: string,
  { user, device }: DeviceAddress,
): Promise<bigint> {
  const [known] = await cassandra.query<{ readonly registered_at: Date }>(SELECT_DEVICE, [user, device])
  const [member] = await cassandra.query<{ readonly joined_after: bigint | null }>(SELECT_JOINED, [
    conversation,
    user,
  ])
  const registered = messageIdOf({ ms: known?.registered_at.getTime() ?? Date.now(), sequence: 0 })
  const joined = member?.joined_after ?? 0n
  return registered > joined ? registered : joined
}

/** Tells whether each device of a conversation has taken a message, its sender's apart. */
type IsTaken = (row: LeftRow) => Promise<boolean>

async function takenIn(gateway: Gateway, conversation: string): Promise<IsTaken> {
  const { devices } = await gateway.memberships.of(conversation)
  const receipts = await rowsOf<ReceiptRow>(gateway.cassandra, SELECT_RECEIPTS, [conversation])
  const marks = new Map(
    receipts.map((row) => [
      addressOf({ user: row.user_id, device: row.device_id }),
      row.delivered_message_id ?? 0n,
    ]),
  )
  const looked = new Set<string>()
  return async ({ message_id: message, sender_id: user, sender_device: device }) => {
    const from = addressOf({ user, device })
    for (const { address } of devices) {
      if (address === from || (marks.get(address) ?? 0n) >= message) continue
      if (looked.has(address)) return false
      looked.add(address)
      const owed = await owedBehind(gateway, conversation, parseAddress(address))
      marks.set(address, owed > (marks.get(address) ?? 0n) ? owed : (marks.get(address) ?? 0n))
      if ((marks.get(address) ?? 0n) < message) return false
    }
    return true
  }
}

/**
 * Drops from the log what each device of a conversation has taken, oldest first: one range of a bucket, and never one tombstone
 * a message (M-15, M-18). Of the newest message the envelope is dropped, and the row stays: ids, marks and buckets go on from
 * it where Redis is lost. Run when receipts have been written. @throws OperationFailure
 */
export async function dropForwarded(gateway: Gateway, conversation: string): Promise<void> {
  const { cassandra } = gateway
  const isTaken = await takenIn(gateway, conversation)
  const newest = await newestOf(gateway, conversation)
  if (newest === undefined) return
  for (const bucket of await bucketsSince(cassandra, conversation, 0n)) {
    let last: bigint | undefined
    for (const row of await rowsOf<LeftRow>(cassandra, SELECT_LEFT, [conversation, bucket])) {
      if (!(await isTaken(row))) {
        if (last !== undefined) await cassandra.query(DELETE_FORWARDED, [conversation, bucket, last])
        return
      }
      if (row.message_id === newest)
        await cassandra.query(BLANK_MESSAGE, [QUEUE_SECONDS, NOTHING, conversation, bucket, newest])
      else last = row.message_id
    }
    if (last !== undefined) await cassandra.query(DELETE_FORWARDED, [conversation, bucket, last])
    // Nobody looks into it any more.
    if (bucket < bucketOf(newest)) await cassandra.query(DELETE_BUCKET, [conversation, bucket])
  }
}
