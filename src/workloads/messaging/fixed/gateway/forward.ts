import { bucketOf, messageTimeOf, QUEUE_SECONDS } from '../../ids.ts'
import type { DeviceAddress } from '../../population.ts'
import { timeText } from './entries.ts'
import type { Gateway } from './gateway.ts'
import { INSERT_FORWARDED, INSERT_SENT_KEY, SELECT_SENT_KEY } from './statements.ts'

/** A message as the log has it. */
export interface LoggedMessage {
  readonly conversation: string
  readonly message: bigint
  readonly from: DeviceAddress
  /** What its sender's device named it. */
  readonly key: string
  readonly envelope: Buffer
}

/**
 * Keeps a message until each device has taken it, for thirty days at most, and its key for as long as it may be sent again:
 * the log does not know it then. Two writes, each of which may be run twice (M-18). @throws OperationFailure
 */
export async function storeToForward(
  { cassandra }: Pick<Gateway, 'cassandra'>,
  { conversation, message, from: { user, device }, key, envelope }: LoggedMessage,
): Promise<void> {
  const bucket = bucketOf(message)
  await Promise.all([
    cassandra.query(INSERT_SENT_KEY, [user, device, key, message]),
    cassandra.query(INSERT_FORWARDED, [
      conversation,
      bucket,
      message,
      user,
      device,
      key,
      envelope,
      QUEUE_SECONDS,
    ]),
  ])
}

/** The id of a message by its key, as scripts count it, though the log may have it no more; '' where there is none. */
export async function forwardedId(
  { cassandra }: Pick<Gateway, 'cassandra'>,
  { user, device }: DeviceAddress,
  key: string,
): Promise<string> {
  const [row] = await cassandra.query<{ readonly message_id: bigint }>(SELECT_SENT_KEY, [user, device, key])
  return row === undefined ? '' : timeText(messageTimeOf(row.message_id))
}
