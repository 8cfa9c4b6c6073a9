import type { Cost } from '../../core/cost.ts'
import type { KafkaMessage } from './client.ts'
import type { Outgoing } from './outgoing.ts'
import { partitionOf } from './partition.ts'
import type { Parcel } from './producer.ts'

/** Callers' messages are cut so that a request holds several parcels, or one long one. */
const LARGEST_PARCEL_BYTES = 256 * 1024

function bytesOf(data: string | Buffer): Buffer {
  return typeof data === 'string' ? Buffer.from(data) : data
}

interface Addressed {
  readonly message: Outgoing
  readonly bytes: number
}

function addressed(topic: string, message: KafkaMessage, partitions: number, keyless: number): Addressed {
  const key = message.key === undefined ? undefined : bytesOf(message.key)
  const value = bytesOf(message.value)
  const partition = message.partition ?? (key === undefined ? keyless : partitionOf(key, partitions))
  let bytes = value.length + (key?.length ?? 0)
  const headers = new Map<Buffer, Buffer>()
  for (const [name, text] of Object.entries(message.headers ?? {})) {
    const [header, content] = [Buffer.from(name), Buffer.from(text)]
    bytes += header.length + content.length
    headers.set(header, content)
  }
  return {
    message: {
      topic,
      partition,
      value,
      ...(key === undefined ? {} : { key }),
      ...(headers.size === 0 ? {} : { headers }),
    },
    bytes,
  }
}

/**
 * The messages by partition, in order, cut into parcels.
 * @param partitions how many the topic has
 * @param keyless the partition of messages without a key
 */
export function parcelsOf(
  topic: string,
  messages: readonly KafkaMessage[],
  partitions: number,
  keyless: number,
  cost: Cost | undefined,
): ReadonlyMap<number, readonly Parcel[]> {
  const open = new Map<number, { messages: Outgoing[]; bytes: number; cost: Cost | undefined }[]>()
  for (const each of messages) {
    const { message, bytes } = addressed(topic, each, partitions, keyless)
    const { partition } = message
    const parcels = open.get(partition) ?? []
    open.set(partition, parcels)
    const last = parcels.at(-1)
    if (last === undefined || last.bytes + bytes > LARGEST_PARCEL_BYTES)
      parcels.push({ messages: [message], bytes, cost })
    else {
      last.messages.push(message)
      last.bytes += bytes
    }
  }
  return open
}
