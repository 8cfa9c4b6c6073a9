import { ENCODED_COLUMNS } from '../../../events/columns.ts'
import type { KafkaMessage } from '../../../../../stores/kafka/client.ts'
import { linesOf } from '../../ingest/frame.ts'
import type { SinkRecord } from '../../ingest/sink.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Values before the event's own in a row: position, partition, offset, batch, arrival. */
const ORIGIN = 5
const HEX = 16
/** Of an id's text: a number of 32 bits. */
const HEAD_DIGITS = 8

function placeOf(column: string): number {
  return ORIGIN + ENCODED_COLUMNS.indexOf(column)
}

const ID = placeOf('event_id')
const TYPE = placeOf('event_type')
const USER = placeOf('user_id')
const PAGE = placeOf('page_url')
const COUNTRY = placeOf('country')
const DEVICE = placeOf('device_type')
const DURATION = placeOf('duration_ms')
const CLIENT_TIME = placeOf('client_time')

/** Digits as they are written where a number has lost some. */
function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) ? context?.source : value
}

/** What Pinot keeps of an event, by schemas/analytics/pinot/schema.json. */
export interface SingleEvent {
  readonly event_id: string
  readonly event_type: string
  readonly user_id: string
  readonly page_url: string
  readonly country: string
  readonly device_type: string
  readonly kafka_partition: number
  readonly kafka_offset: string
  readonly batch_id: string
  readonly duration_ms: number
  /** The first 32 bits of the id: what both sinks add up by the minute. */
  readonly id_head: number
  readonly event_time: number
  readonly minute: number
}

/** The device's clock is believed within a day before and a minute after the arrival, as in ClickHouse. */
function eventTime(clientMs: number, receivedMs: number): number {
  return clientMs >= receivedMs - DAY_MS && clientMs <= receivedMs + MINUTE_MS ? clientMs : receivedMs
}

/** An address without query and fragment, as ClickHouse's cutQueryStringAndFragment has it: by the first `?`, else `#`. */
function bareAddress(address: string): string {
  const [page = ''] = address.split(address.includes('?') ? '?' : '#', 1)
  return page
}

/** The events of a record's rows. */
export function singleEvents({ rows, record }: Pick<SinkRecord, 'rows' | 'record'>): readonly SingleEvent[] {
  const { partition, offset, timestampMs, headers } = record
  const batch = headers['batch'] ?? ''
  return [...linesOf(rows)].map(({ line }) => {
    const text = line.toString()
    let values = JSON.parse(text) as unknown[]
    if (!Number.isSafeInteger(values[USER])) values = JSON.parse(text, exact) as unknown[]
    const id = String(values[ID]).toLowerCase()
    const at = eventTime(Number(values[CLIENT_TIME]), timestampMs)
    return {
      event_id: id,
      event_type: String(values[TYPE]),
      user_id: String(values[USER]),
      page_url: bareAddress(String(values[PAGE])),
      country: String(values[COUNTRY]),
      device_type: String(values[DEVICE]),
      kafka_partition: partition,
      kafka_offset: offset.toString(),
      batch_id: batch,
      duration_ms: Number(values[DURATION]),
      id_head: Number.parseInt(id.slice(0, HEAD_DIGITS), HEX),
      event_time: at,
      minute: at - (at % MINUTE_MS),
    }
  })
}

/**
 * An event as a record of its own, in the partition that its batch was in: Pinot reads a partition in order, and knows an
 * id again only within one.
 */
export function messageOf(event: SingleEvent): KafkaMessage {
  return { key: event.event_id, partition: event.kafka_partition, value: JSON.stringify(event) }
}
