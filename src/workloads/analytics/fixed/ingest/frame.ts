import { isUtf8 } from 'node:buffer'
import type { ReceivedMessage } from '../../../../stores/kafka/client.ts'
import { HEADER } from '../topics.ts'

const LINE_BREAK = 0x0a
const OPENING = 0x5b
const CLOSING = 0x5d
/** Bytes of an event at most. */
const LONGEST_EVENT = 16 * 1024

const POSITIONS: readonly Buffer[] = Array.from({ length: 1000 }, (_, position) =>
  Buffer.from(`[${position}`, 'latin1'),
)

/** An event of a record, by the bytes of the record that hold it. */
export interface FramedEvent {
  readonly position: number
  readonly line: Buffer
}

/** An event that is none, and why. */
export interface BrokenEvent extends FramedEvent {
  readonly reason: string
}

/** What a record holds: rows for the sink, and what does not even look like an event. */
export interface FramedRecord {
  /** The events as rows, one a line, with where they come from before their values. */
  readonly rows: Buffer
  readonly count: number
  readonly broken: readonly BrokenEvent[]
}

function whyBroken(line: Buffer, isTextKnown: boolean): string | undefined {
  if (line.length > LONGEST_EVENT) return `longer than ${LONGEST_EVENT} bytes`
  if (line[0] !== OPENING || line.at(-1) !== CLOSING) return 'not in brackets'
  return isTextKnown || isUtf8(line) ? undefined : 'not UTF-8'
}

/** The lines of a record, without their ends. */
export function* linesOf(value: Buffer): Generator<FramedEvent> {
  let position = 0
  for (let from = 0; from < value.length; position += 1) {
    const found = value.indexOf(LINE_BREAK, from)
    const to = found === -1 ? value.length : found
    yield { position, line: value.subarray(from, to) }
    from = to + 1
  }
}

/** What stands in a row before the event's own values, after its position: partition, offset, batch, time of arrival. */
export function originOf(record: ReceivedMessage): string {
  const { partition, offset, headers, timestampMs } = record
  return `,${partition},${offset},${headers[HEADER.batch] ?? ''},${timestampMs},`
}

/**
 * A record's events as rows for the sink. Looks at sizes, brackets and encoding alone: events were encoded once, by
 * whoever made them, and are read once, by the sink.
 */
export function frameRecord(record: ReceivedMessage): FramedRecord {
  const { value } = record
  const origin = Buffer.from(originOf(record), 'latin1')
  const isTextKnown = isUtf8(value)
  const broken: BrokenEvent[] = []
  const lines: FramedEvent[] = []
  for (const event of linesOf(value)) {
    const reason = whyBroken(event.line, isTextKnown)
    if (reason === undefined) lines.push(event)
    else broken.push({ ...event, reason })
  }
  const rows = Buffer.allocUnsafe(value.length + lines.length * (origin.length + 5))
  let end = 0
  for (const { position, line } of lines) {
    end += (POSITIONS[position] ?? Buffer.from(`[${position}`, 'latin1')).copy(rows, end)
    end += origin.copy(rows, end)
    end += line.copy(rows, end, 1)
    rows[end] = LINE_BREAK
    end += 1
  }
  return { rows: rows.subarray(0, end), count: lines.length, broken }
}
