import { bucketOf } from '../../ids.ts'
import type { DeviceAddress } from '../../population.ts'
import { addressOf } from '../../population.ts'
import { keyEntry } from './entries.ts'
import type { EntryName, Payload } from './entries.ts'
import type { Gateway } from './gateway.ts'
import { keysFor } from './rebuild.ts'
import { SELECT_MESSAGE } from './statements.ts'

interface MessageRow {
  readonly sender_id: bigint
  readonly sender_device: number
  readonly envelope: Uint8Array
}

/**
 * What an entry holds whose copy in Redis has run out: message and key are in the store. Undefined of what was taken before,
 * of which there is nothing left. @throws OperationFailure
 */
export async function storedPayload(
  gateway: Pick<Gateway, 'cassandra'>,
  device: DeviceAddress,
  name: EntryName,
): Promise<Payload | undefined> {
  if (name.kind === 'key') {
    const waiting = await keysFor(gateway, device)
    const found = waiting.find(([entry]) => entry.startsWith(`${keyEntry(name.key)}#`))
    return found === undefined ? undefined : (JSON.parse(found[1]) as Payload)
  }
  const { conversation, message } = name
  const [row] = await gateway.cassandra.query<MessageRow>(SELECT_MESSAGE, [
    conversation,
    bucketOf(message),
    message,
  ])
  // Everybody has it, and only its name is left (M-18).
  if (row === undefined || row.envelope.length === 0) return undefined
  const from: DeviceAddress = { user: row.sender_id, device: row.sender_device }
  return {
    kind: 'message',
    from: addressOf(from),
    envelope: Buffer.from(row.envelope).toString('base64'),
  }
}
