import { isUtf8 } from 'node:buffer'
import type { ReceivedMessage } from '../../../../stores/kafka/client.ts'
import { HEADER } from '../topics.ts'
import { endOfPlainEvent } from './plain-event.ts'
import { whyUnreadable } from './read-event.ts'

const LINE_BREAK = 0x0a
const OPENING = 0x5b
const CLOSING = 0x5d
/** Bytes of an event at most. */
const LONGEST_EVENT = 16 * 1024
/** An event has two ids of 36 characters in quotes. */
const SHORTEST_EVENT = 76
/** What stands in a row beside origin and event: its bracket, its position, its line break. */
const LONGEST_PREFIX = 12

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

/** Why a line that does not stand as SDKs write it is no event; undefined for one that is. */
function whyBroken(line: Buffer): string | undefined {
  if (line.length > LONGEST_EVENT) return `longer than ${LONGEST_EVENT} bytes`
  if (line[0] !== OPENING || line.at(-1) !== CLOSING) return 'not in brackets'
  if (!isUtf8(line)) return 'not UTF-8'
  return whyUnreadable(line.toString())
}

function endOfLine(value: Buffer, from: number): number {
  const found = value.indexOf(LINE_BREAK, from)
  return found === -1 ? value.length : found
}

/** How many lines a record has. */
export function linesIn(value: Buffer): number {
  let lines = 0
  for (let from = 0; from < value.length; lines += 1) from = endOfLine(value, from) + 1
  return lines
}

/** The lines of a record, without their ends. */
export function* linesOf(value: Buffer): Generator<FramedEvent> {
  let position = 0
  for (let from = 0; from < value.length; position += 1) {
    const to = endOfLine(value, from)
    yield { position, line: value.subarray(from, to) }
    from = to + 1
  }
}

/** What stands in a row before the event's own values, after its position: partition, offset, batch, time of arrival. */
export function originOf(record: ReceivedMessage): string {
  const { partition, offset, headers, timestampMs } = record
  return `,${partition},${offset},${headers[HEADER.batch] ?? ''},${timestampMs},`
}

/** Writes the row of the event between `from` and `to` at `at`. @returns where the next one begins */
function writeRow(
  rows: Buffer,
  at: number,
  position: number,
  origin: Buffer,
  value: Buffer,
  from: number,
  to: number,
): number {
  let next = at
  rows[next++] = OPENING
  const digits = `${position}`
  for (let digit = 0; digit < digits.length; digit += 1) rows[next++] = digits.charCodeAt(digit)
  for (let byte = 0; byte < origin.length; byte += 1) rows[next++] = origin[byte] ?? 0
  next += value.copy(rows, next, from + 1, to)
  rows[next++] = LINE_BREAK
  return next
}

/**
 * A record's events as rows for the sink. Whether a line is an event is decided here, line by line, whatever stands around
 * it: one that stands as SDKs write it is passed over at a nanosecond a byte, any other is parsed.
 */
export function frameRecord(record: ReceivedMessage): FramedRecord {
  const { value } = record
  const origin = Buffer.from(originOf(record))
  const most = Math.ceil(value.length / SHORTEST_EVENT)
  const rows = Buffer.allocUnsafe(value.length + most * (origin.length + LONGEST_PREFIX))
  const isAllUtf8 = isUtf8(value)
  const broken: BrokenEvent[] = []
  let end = 0
  let count = 0
  let position = 0
  for (let from = 0; from < value.length; position += 1) {
    const plain = isAllUtf8 ? endOfPlainEvent(value, from) : -1
    const isPlain = plain > 0 && plain - from <= LONGEST_EVENT && (value[plain] ?? LINE_BREAK) === LINE_BREAK
    const to = isPlain ? plain : endOfLine(value, from)
    const reason = isPlain ? undefined : whyBroken(value.subarray(from, to))
    if (reason === undefined) {
      end = writeRow(rows, end, position, origin, value, from, to)
      count += 1
    } else broken.push({ position, line: value.subarray(from, to), reason })
    from = to + 1
  }
  return { rows: rows.subarray(0, end), count, broken }
}
