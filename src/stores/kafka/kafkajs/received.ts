import type { Batch, IHeaders } from 'kafkajs'
import type { ReceivedMessage } from '../client.ts'

function headersOf(headers: IHeaders | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name,
      (Array.isArray(value) ? value.at(-1) : value)?.toString() ?? '',
    ]),
  )
}

/** What a fetch brought of one partition, in order. */
export function receivedOf({ topic, partition, messages }: Batch): readonly ReceivedMessage[] {
  return messages.map((message) => ({
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key?.toString(),
    value: message.value ?? Buffer.alloc(0),
    headers: headersOf(message.headers),
    timestampMs: Number(message.timestamp),
  }))
}
