import { BATCH, clientTimeMs, clockOf, sessionNumber, sessionOf, traitsOf } from './event.ts'
import type { EventSeeds } from './event.ts'
import { breakEvent, breakageOf } from './broken.ts'

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

/**
 * Encodes batch `batch` as its SDK sends it at `sentMs` (milliseconds since 1970): the only time that an event is
 * encoded. No value needs escaping; broken events are broken on purpose (`broken.ts`).
 */
export function encodeBatch(seeds: EventSeeds, batch: number, sentMs: number): EncodedBatch {
  const session = sessionOf(seeds, sessionNumber(seeds, batch))
  const clock = clockOf(seeds, batch)
  const about = `,${session.userId},"${session.sessionId}","`
  const place = `","${session.userAgent}","${session.country}","${session.region}","${session.city}","${session.deviceType}","${session.browser}",`
  const first = batch * BATCH
  let text = ''
  let broken: { readonly at: number; readonly line: Buffer }[] | undefined
  for (let position = 0; position < BATCH; position += 1) {
    const event = first + position
    const { eventId, eventType, pageUrl, referrer, durationMs } = traitsOf(seeds, event)
    const time = clientTimeMs(clock, sentMs, position)
    const line = `["${eventId}","${eventType}"${about}${pageUrl}","${referrer}${place}${durationMs},${time}]\n`
    const kind = breakageOf(seeds, event)
    if (kind === undefined) text += line
    else (broken ??= []).push({ at: text.length, line: breakEvent(line, kind) })
  }
  if (broken === undefined) return { sessionId: session.sessionId, body: Buffer.from(text, 'latin1') }
  return { sessionId: session.sessionId, body: withBroken(text, broken) }
}

function withBroken(text: string, broken: readonly { readonly at: number; readonly line: Buffer }[]): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (const { at, line } of broken) {
    parts.push(Buffer.from(text.slice(from, at), 'latin1'), line)
    from = at
  }
  parts.push(Buffer.from(text.slice(from), 'latin1'))
  return Buffer.concat(parts)
}
