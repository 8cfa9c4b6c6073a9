import {
  BATCH,
  PAGE_URL,
  clientTimeMs,
  clockOf,
  numbersOf,
  sessionNumber,
  sessionOf,
  writeId,
} from './event.ts'
import type { EventSeeds } from './event.ts'
import { breakEvent, breakageOf } from './broken.ts'
import { EVENT_TYPES, REFERRERS } from './tables.ts'
import { writeBytes, writeInteger } from './write-bytes.ts'

/**
 * The version of the order of values in an encoded event: id, type, user, session, page, referrer, user agent,
 * country, region, city, device, browser, milliseconds, the device's time.
 */
export const EVENT_VERSION = '1'

/** A batch as an SDK sends it. */
export interface EncodedBatch {
  /** Its session, by which it is keyed. */
  readonly sessionId: string
  /** Events, one a line: a JSON array of values each. */
  readonly body: Buffer
}

/** What stands between two values of a line, and the values that there are few of. */
const OPENING = bytesOf('["')
const BETWEEN_TEXTS = bytesOf('","')
const TO_PAGE = bytesOf(`","${PAGE_URL}`)
const TO_CLICK = bytesOf('&click=')
const COMMA = bytesOf(',')
const NOTHING = bytesOf('')
const CLOSING = bytesOf(']\n')
const TYPES = EVENT_TYPES.map(bytesOf)
const FROM = REFERRERS.map(bytesOf)
/** What an event has of its own takes less: an id, a type, an address, a referrer, two numbers and what stands between. */
const LONGEST_OWN = 256

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/**
 * Encodes batch `batch` as its SDK sends it at `sentMs` (milliseconds since 1970): the only time that an event is
 * encoded. No value needs escaping; broken events are broken on purpose (`broken.ts`).
 */
export function encodeBatch(seeds: EventSeeds, batch: number, sentMs: number): EncodedBatch {
  const session = sessionOf(seeds, sessionNumber(seeds, batch))
  const clock = clockOf(seeds, batch)
  const toUser = bytesOf(`?user=${session.userId}`)
  const about = bytesOf(`",${session.userId},"${session.sessionId}`)
  const place = bytesOf(
    `","${session.userAgent}","${session.country}","${session.region}","${session.city}","${session.deviceType}","${session.browser}",`,
  )
  const text = Buffer.allocUnsafe(BATCH * (about.length + place.length + LONGEST_OWN))
  const broken: BrokenLine[] = []
  let at = 0
  for (let position = 0; position < BATCH; position += 1) {
    const event = batch * BATCH + position
    const { root, type, page, hasQuery, referrer, durationMs } = numbersOf(seeds, event)
    const from = at
    at = writeId(text, writeBytes(text, at, OPENING), root)
    at = writeBytes(text, writeBytes(text, at, BETWEEN_TEXTS), TYPES[type] ?? NOTHING)
    at = writeInteger(text, writeBytes(text, writeBytes(text, at, about), TO_PAGE), page)
    // As advertisements and mails do: it says who came, and no other address is like it.
    if (hasQuery) at = writeInteger(text, writeBytes(text, writeBytes(text, at, toUser), TO_CLICK), root)
    at = writeBytes(text, writeBytes(text, at, BETWEEN_TEXTS), FROM[referrer] ?? NOTHING)
    at = writeInteger(text, writeBytes(text, at, place), durationMs)
    at = writeInteger(text, writeBytes(text, at, COMMA), clientTimeMs(clock, sentMs, position))
    at = writeBytes(text, at, CLOSING)
    const kind = breakageOf(seeds, event)
    if (kind === undefined) continue
    broken.push({ at: from, line: breakEvent(text.toString('latin1', from, at), kind) })
    at = from
  }
  const whole = text.subarray(0, at)
  return { sessionId: session.sessionId, body: broken.length === 0 ? whole : withBroken(whole, broken) }
}

interface BrokenLine {
  readonly at: number
  readonly line: Buffer
}

function withBroken(text: Buffer, broken: readonly BrokenLine[]): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (const { at, line } of broken) {
    parts.push(text.subarray(from, at), line)
    from = at
  }
  return Buffer.concat([...parts, text.subarray(from)])
}
