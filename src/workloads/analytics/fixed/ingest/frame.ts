import { isUtf8 } from 'node:buffer'
import type { ReceivedMessage } from '../../../../stores/kafka/client.ts'
import { HEADER } from '../topics.ts'
import { whyUnreadable } from './read-event.ts'

const LINE_BREAK = 0x0a
const OPENING = 0x5b
const CLOSING = 0x5d
const COMMA = 0x2c
const ESCAPE = 0x5c
const LARGEST_UINT32 = '4294967295'
const LARGEST_UINT64 = '18446744073709551615'
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

/** Whether the digits from `from` up to `to` are a number above `largest`. What else stands there the sink reads. */
function isAbove(line: Buffer, from: number, to: number, largest: string): boolean {
  if (to - from < largest.length) return false
  return to - from > largest.length || line.toString('latin1', from, to) > largest
}

/** The sink takes numbers that are too large for their columns for what is left of them: these are looked at here. */
function whyTooLarge(line: Buffer): string | undefined {
  const user = line.indexOf(COMMA, line.indexOf(COMMA) + 1) + 1
  if (isAbove(line, user, line.indexOf(COMMA, user), LARGEST_UINT64)) return 'user_id: above 64 bits'
  const time = line.lastIndexOf(COMMA)
  const duration = line.lastIndexOf(COMMA, time - 1) + 1
  return isAbove(line, duration, time, LARGEST_UINT32) ? 'duration_ms: above 32 bits' : undefined
}

/** What is known of a whole record, so that its lines need not be looked at for it. */
interface KnownOfAll {
  readonly isUtf8: boolean
  /** The sink takes an unknown escape for the letter itself. */
  readonly isWithoutEscapes: boolean
}

function whyBroken(line: Buffer, known: KnownOfAll): string | undefined {
  if (line.length > LONGEST_EVENT) return `longer than ${LONGEST_EVENT} bytes`
  if (line[0] !== OPENING || line.at(-1) !== CLOSING) return 'not in brackets'
  if (!known.isUtf8 && !isUtf8(line)) return 'not UTF-8'
  if (!known.isWithoutEscapes && line.includes(ESCAPE)) {
    const reason = whyUnreadable(line.toString())
    if (reason !== undefined) return reason
  }
  return whyTooLarge(line)
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
 * A record's events as rows for the sink. Looks at sizes, brackets and encoding, and at what the sink would bend to fit;
 * the rest it reads itself: events were encoded once, by whoever made them.
 */
export function frameRecord(record: ReceivedMessage): FramedRecord {
  const { value } = record
  const origin = Buffer.from(originOf(record), 'latin1')
  const known = { isUtf8: isUtf8(value), isWithoutEscapes: !value.includes(ESCAPE) }
  const broken: BrokenEvent[] = []
  const lines: FramedEvent[] = []
  for (const event of linesOf(value)) {
    const reason = whyBroken(event.line, known)
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
