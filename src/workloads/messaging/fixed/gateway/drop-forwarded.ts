import { bucketOf, messageIdOf, QUEUE_SECONDS } from '../../ids.ts'
import { addressOf } from '../../population.ts'
import type { DeviceAddress } from '../../population.ts'
import { rowsOf } from '../../rows.ts'
import { bucketsSince, newestOf } from './buckets.ts'
import type { Gateway } from './gateway.ts'
import { parseAddress } from './keys.ts'
import { NAMES } from './names.ts'
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
/** Messages that are looked at together: the first that somebody lacks is where it ends. */
const PAGE = 100

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
  const { memberships, redis } = gateway
  // A channel may lose that the members have changed.
  const [state] = await redis.wave([['get', NAMES.state(conversation)]])
  if (state !== (await memberships.of(conversation)).state) memberships.forget(conversation)
  const { devices } = await memberships.of(conversation)
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

/** Drops what all have of a bucket, up to the newest message of the conversation. @returns whether nothing is left that somebody lacks */
async function dropTakenOf(
  gateway: Gateway,
  conversation: string,
  bucket: number,
  newest: bigint,
): Promise<boolean> {
  const { cassandra } = gateway
  let last = 0n
  for (;;) {
    const before = last
    const rows = await cassandra.query<LeftRow>(SELECT_LEFT, [conversation, bucket, last, PAGE])
    // Who takes part is asked behind what is there: whoever one of these was said to is among them.
    const isTaken = await takenIn(gateway, conversation)
    let allHave = true
    for (const row of rows) {
      allHave = row.message_id <= newest && (await isTaken(row))
      if (!allHave) break
      if (row.message_id === newest)
        await cassandra.query(BLANK_MESSAGE, [QUEUE_SECONDS, NOTHING, conversation, bucket, newest])
      else last = row.message_id
    }
    if (last !== before) await cassandra.query(DELETE_FORWARDED, [conversation, bucket, last])
    if (!allHave) return false
    if (rows.length < PAGE) return true
  }
}

/**
 * Drops from the log what each device of a conversation has taken, oldest first: one range of a bucket, and never one tombstone
 * a message (M-15, M-18). Of the newest message the envelope is dropped, and the row stays: ids, marks and buckets go on from
 * it where Redis is lost. Run when receipts have been written. @throws OperationFailure
 */
export async function dropForwarded(gateway: Gateway, conversation: string): Promise<void> {
  const { cassandra } = gateway
  const newest = await newestOf(gateway, conversation)
  if (newest === undefined) return
  for (const bucket of await bucketsSince(cassandra, conversation, 0n)) {
    if (!(await dropTakenOf(gateway, conversation, bucket, newest))) return
    // Nobody looks into it any more.
    if (bucket < bucketOf(newest)) await cassandra.query(DELETE_BUCKET, [conversation, bucket])
  }
}
