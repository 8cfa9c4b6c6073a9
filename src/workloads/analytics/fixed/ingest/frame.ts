import { isUtf8 } from 'node:buffer'
import type { ReceivedMessage } from '../../../../stores/kafka/client.ts'
import { HEADER } from '../topics.ts'
import { whyUnreadable } from './read-event.ts'

const LINE_BREAK = 0x0a
const LARGEST_UINT32 = '4294967295'
const LARGEST_UINT64 = '18446744073709551615'
/** Bytes of an event at most. */
const LONGEST_EVENT = 16 * 1024

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
function isAbove(line: string, from: number, to: number, largest: string): boolean {
  if (to - from < largest.length) return false
  return to - from > largest.length || line.slice(from, to) > largest
}

/** The sink takes numbers that are too large for their columns for what is left of them: these are looked at here. */
function whyTooLarge(line: string): string | undefined {
  const user = line.indexOf(',', line.indexOf(',') + 1) + 1
  if (isAbove(line, user, line.indexOf(',', user), LARGEST_UINT64)) return 'user_id: above 64 bits'
  const time = line.lastIndexOf(',')
  const duration = line.lastIndexOf(',', time - 1) + 1
  return isAbove(line, duration, time, LARGEST_UINT32) ? 'duration_ms: above 32 bits' : undefined
}

/** What is known of a whole record, so that its lines need not be looked at for it. */
interface KnownOfAll {
  readonly isUtf8: boolean
  /** The sink takes an unknown escape for the letter itself. */
  readonly isWithoutEscapes: boolean
}

/** @param line its bytes, a character each */
function whyBroken(line: string, known: KnownOfAll): string | undefined {
  if (line.length > LONGEST_EVENT) return `longer than ${LONGEST_EVENT} bytes`
  if (!line.startsWith('[') || !line.endsWith(']')) return 'not in brackets'
  if (!known.isUtf8 && !isUtf8(Buffer.from(line, 'latin1'))) return 'not UTF-8'
  if (!known.isWithoutEscapes && line.includes('\\')) {
    const reason = whyUnreadable(Buffer.from(line, 'latin1').toString())
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
 * the rest it reads itself: events were encoded once, by whoever made them. Works on a text of the record's bytes, a
 * character each, which costs half of what calls into buffers do.
 */
export function frameRecord(record: ReceivedMessage): FramedRecord {
  const { value } = record
  const origin = originOf(record)
  const text = value.toString('latin1')
  const known = { isUtf8: isUtf8(value), isWithoutEscapes: !text.includes('\\') }
  const broken: BrokenEvent[] = []
  let rows = ''
  let count = 0
  let position = 0
  for (let from = 0; from < text.length; position += 1) {
    const found = text.indexOf('\n', from)
    const to = found === -1 ? text.length : found
    const line = text.slice(from, to)
    const reason = whyBroken(line, known)
    if (reason === undefined) {
      rows += `[${position}${origin}${line.slice(1)}\n`
      count += 1
    } else broken.push({ position, line: value.subarray(from, to), reason })
    from = to + 1
  }
  return { rows: Buffer.from(rows, 'latin1'), count, broken }
}
