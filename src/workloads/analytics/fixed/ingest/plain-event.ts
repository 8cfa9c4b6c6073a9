import { DEVICES } from '../../events/tables.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const DASH = 0x2d
const ZERO = 0x30
const NINE = 0x39
const OPENING = 0x5b
const BACKSLASH = 0x5c
const CLOSING = 0x5d

/** Digits of numbers that fit their columns whatever they are; longer ones are left to a second look. */
const USER_DIGITS = 19
const DURATION_DIGITS = 9
const TIME_DIGITS = 15
/** Texts between the session and the device. */
const TEXTS_ABOUT = 6
const UUID_DIGITS = 32
/** With its quotes. */
const UUID_LENGTH = 38

/** Bytes that a text may hold as they are: all but quotes, escapes and control characters. */
const isOfText = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 0 : 1,
)
const isHex = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9a-f]/i.test(String.fromCharCode(byte)) ? 1 : 0,
)
const devices = [...new Set(DEVICES)].map((device) => Buffer.from(device))

// Each answers where a value that begins at `at` ends, or -1 where it does not stand as SDKs write it.

function endOfText(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) return -1
  let end = at + 1
  while (isOfText[bytes[end] ?? 0] === 1) end += 1
  return bytes[end] === QUOTE ? end + 1 : -1
}

function endOfUuid(bytes: Buffer, at: number): number {
  const end = at + UUID_LENGTH
  if (bytes[at] !== QUOTE || bytes[end - 1] !== QUOTE) return -1
  if (bytes[at + 9] !== DASH || bytes[at + 14] !== DASH || bytes[at + 19] !== DASH || bytes[at + 24] !== DASH)
    return -1
  let digits = 0
  for (let place = at + 1; place < end - 1; place += 1) digits += isHex[bytes[place] ?? 0] ?? 0
  return digits === UUID_DIGITS ? end : -1
}

function endOfNumber(bytes: Buffer, at: number, most: number): number {
  let end = at
  for (let byte = bytes[end] ?? 0; byte >= ZERO && byte <= NINE; byte = bytes[end] ?? 0) end += 1
  const digits = end - at
  return digits === 0 || digits > most || (digits > 1 && bytes[at] === ZERO) ? -1 : end
}

function endOfDevice(bytes: Buffer, at: number): number {
  const end = endOfText(bytes, at)
  for (const device of devices) {
    if (end - at !== device.length + 2) continue
    let same = 0
    while (same < device.length && bytes[at + 1 + same] === device[same]) same += 1
    if (same === device.length) return end
  }
  return -1
}

/** Passes over the comma after a value; stays -1. */
function next(bytes: Buffer, end: number): number {
  return end > 0 && bytes[end] === COMMA ? end + 1 : -1
}

/**
 * Where the event that begins at `from` ends, if it stands as SDKs write it: without blanks and escapes, its numbers of few
 * enough digits. Such an event reads as declared (`whyUnreadable`, of what is UTF-8) and the sink takes it; whether another
 * one does takes a second look. One pass over the bytes, a nanosecond each.
 * @returns -1 for an event that stands otherwise
 */
export function endOfPlainEvent(bytes: Buffer, from: number): number {
  let at = bytes[from] === OPENING ? next(bytes, endOfUuid(bytes, from + 1)) : -1
  at = next(bytes, endOfText(bytes, at))
  at = next(bytes, endOfNumber(bytes, at, USER_DIGITS))
  at = next(bytes, endOfUuid(bytes, at))
  for (let text = 0; text < TEXTS_ABOUT; text += 1) at = next(bytes, endOfText(bytes, at))
  at = next(bytes, endOfDevice(bytes, at))
  at = next(bytes, endOfText(bytes, at))
  at = next(bytes, endOfNumber(bytes, at, DURATION_DIGITS))
  at = endOfNumber(bytes, at, TIME_DIGITS)
  return bytes[at] === CLOSING ? at + 1 : -1
}
