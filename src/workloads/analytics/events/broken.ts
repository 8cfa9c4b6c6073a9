import { rootOf, wordOf } from './choices.ts'
import type { EventSeeds } from './event.ts'

const TRAIT = { breakage: 30, kind: 31 } as const
/** One event in so many is broken. */
export const BROKEN_ONE_IN = 250_000

function edited(line: string, edit: (values: string[]) => string[]): Buffer {
  const values = line.slice(1, -2).split(',')
  return Buffer.from(`[${edit(values).join(',')}]\n`, 'latin1')
}

/** Puts `value`, as it stands in JSON, in the place of one value. */
function withValue(place: number, value: string): (line: string) => Buffer {
  return (line) => edited(line, (values) => values.toSpliced(place, 1, value))
}

function rewritten(rewrite: (line: string) => string): (line: string) => Buffer {
  return (line) => Buffer.from(rewrite(line), 'latin1')
}

/** The places of values in an encoded event (`EVENT_VERSION`). */
const PLACE = { id: 0, type: 1, user: 2, session: 3, page: 4, country: 7, device: 10, duration: 12, time: 13 }

/**
 * The kinds of broken events: cut, glued, of wrong types, out of range, not UTF-8, not JSON; a good many of them ClickHouse
 * would take, bent to fit. Each has one line break, at its end, as broken SDKs send them too.
 */
export const BROKEN_KINDS: Readonly<Record<string, (line: string) => Buffer>> = {
  'empty line': rewritten(() => '\n'),
  blanks: rewritten(() => '   \n'),
  'no bracket before': rewritten((line) => line.slice(1)),
  'no bracket after': rewritten((line) => `${line.slice(0, -2)}\n`),
  'cut in the middle': rewritten((line) => `${line.slice(0, line.length >> 1)}\n`),
  'cut in the first value': rewritten((line) => `${line.slice(0, 12)}\n`),
  'two events in a line': rewritten((line) => `${line.slice(0, -1)}${line}`),
  'two events in a line, one of another batch': rewritten(
    (line) => `${line.slice(0, -1)},[0,0,5,77,1768435200000,${line.slice(1)}`,
  ),
  'a value too many': rewritten((line) => `${line.slice(0, -2)},1]\n`),
  'a value too few': (line) => edited(line, (values) => values.slice(0, -1)),
  'no values': rewritten(() => '[]\n'),
  'an object': rewritten(() => '{}\n'),
  'an object with a name': rewritten(() => '{"event_type":"pageview"}\n'),
  'null alone': rewritten(() => 'null\n'),
  'a number alone': rewritten(() => '42\n'),
  'a text alone': rewritten(() => '"pageview"\n'),
  'not JSON': rewritten(() => 'pageview;42;/home\n'),
  XML: rewritten(() => '<event type="pageview"/>\n'),
  'a form': rewritten(() => 'type=pageview&page=%2Fhome\n'),
  'an array in an array': rewritten((line) => `[${line.slice(0, -1)}]\n`),
  'a comma too many': rewritten((line) => `[,${line.slice(1)}`),
  'two commas': (line) => edited(line, (values) => values.toSpliced(3, 0, '')),
  'single quotes': rewritten((line) => line.replaceAll('"', "'")),
  'no quotes': rewritten((line) => line.replaceAll('"', '')),
  'an open quote': withValue(PLACE.type, '"pageview'),
  'a bad escape': withValue(PLACE.page, String.raw`"https:\/\/shop.example\x"`),
  'half a surrogate escape': withValue(PLACE.page, String.raw`"\ud8"`),
  'a control character': withValue(PLACE.page, '"https://shop.example/\u0007'),
  'a raw control character': withValue(PLACE.page, '"https://shop.example/\u0007"'),
  'a raw tab': withValue(PLACE.page, '"https://shop.example/\t"'),
  'a raw NUL': withValue(PLACE.page, '"https://shop.example/\0"'),
  'the first half of a pair of surrogates': withValue(PLACE.page, String.raw`"\ud83d"`),
  'the second half of a pair of surrogates': withValue(PLACE.page, String.raw`"\ude00"`),
  'bytes that are not UTF-8': (line) =>
    Buffer.concat([Buffer.from(line.slice(0, -2), 'latin1'), Buffer.from([0xff, 0xfe]), Buffer.from(']\n')]),
  'an overlong sequence': (line) =>
    Buffer.concat([
      Buffer.from(line.slice(0, 3), 'latin1'),
      Buffer.from([0xc0, 0xaf]),
      Buffer.from(line.slice(3), 'latin1'),
    ]),
  'a byte order mark': (line) =>
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(line, 'latin1')]),
  'no id': withValue(PLACE.id, 'null'),
  'an empty id': withValue(PLACE.id, '""'),
  'an id too short': withValue(PLACE.id, '"1234"'),
  'an id with other letters': withValue(PLACE.id, '"zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"'),
  'an id with one wrong letter': (line) =>
    edited(line, (values) => values.with(PLACE.id, `"g${(values[PLACE.id] ?? '').slice(2)}`)),
  'an id without dashes': (line) =>
    edited(line, (values) => values.with(PLACE.id, (values[PLACE.id] ?? '').replaceAll('-', ''))),
  'an id in braces': withValue(PLACE.id, '"{00000000-0000-4000-8000-000000000000}"'),
  'a number for an id': withValue(PLACE.id, '17'),
  'no session': withValue(PLACE.session, 'null'),
  'a session that is no UUID': withValue(PLACE.session, '"session-1"'),
  'a session without dashes': withValue(PLACE.session, '"00000000000040008000000000000000"'),
  'a number for a type': withValue(PLACE.type, '7'),
  'an unknown device': withValue(PLACE.device, '"fridge"'),
  'a user below zero': withValue(PLACE.user, '-1'),
  'a user above 64 bits': withValue(PLACE.user, '99999999999999999999999'),
  'a user above 64 bits behind a type with a comma': (line) =>
    edited(line, (values) => values.toSpliced(PLACE.type, 2, '"page,view"', '99999999999999999999999')),
  'the first user above 64 bits': withValue(PLACE.user, '18446744073709551616'),
  'no user': withValue(PLACE.user, 'null'),
  'nothing for a user': withValue(PLACE.user, ''),
  'a user in quotes': withValue(PLACE.user, '"123"'),
  'a user with a fraction of zero': withValue(PLACE.user, '12.0'),
  'a user by powers of ten': withValue(PLACE.user, '1e3'),
  'a user of minus zero': withValue(PLACE.user, '-0'),
  'a user with a plus': withValue(PLACE.user, '+5'),
  'a user with zeros before': withValue(PLACE.user, '007'),
  'a user in words': withValue(PLACE.user, '"somebody"'),
  'half a user': withValue(PLACE.user, '1.5'),
  'a duration below zero': withValue(PLACE.duration, '-5'),
  'a duration above 32 bits': withValue(PLACE.duration, '99999999999'),
  'the first duration above 32 bits': withValue(PLACE.duration, '4294967296'),
  'no duration': withValue(PLACE.duration, 'null'),
  'a duration in quotes': withValue(PLACE.duration, '"7"'),
  'a duration with a fraction of zero': withValue(PLACE.duration, '12.0'),
  'a duration by powers of ten': withValue(PLACE.duration, '1e3'),
  'a duration in words': withValue(PLACE.duration, '"long"'),
  'a duration of a list': withValue(PLACE.duration, '[1]'),
  'a time in words': withValue(PLACE.time, '"yesterday"'),
  'a time in quotes': withValue(PLACE.time, '"1768435200000"'),
  'a time as a date': withValue(PLACE.time, '"2026-01-15 00:00:00"'),
  'a time with a fraction of zero': withValue(PLACE.time, '1768435200000.0'),
  'a time by powers of ten': withValue(PLACE.time, '1e12'),
  'a time below zero': withValue(PLACE.time, '-5'),
  'a time above 64 bits': withValue(PLACE.time, '99999999999999999999'),
  'no time': withValue(PLACE.time, 'null'),
  'a country as an object': withValue(PLACE.country, '{"code":"DE"}'),
  'far too long': withValue(PLACE.page, `"https://shop.example/${'x'.repeat(20_000)}"`),
}

const NAMES = Object.keys(BROKEN_KINDS)

/** How an event of the traffic is broken, or undefined for one that is not. Pure in (seeds, event). */
export function breakageOf(seeds: EventSeeds, event: number): string | undefined {
  const root = rootOf(seeds.event, event)
  if (wordOf(root, TRAIT.breakage) % BROKEN_ONE_IN !== 0) return undefined
  return NAMES[wordOf(root, TRAIT.kind) % NAMES.length]
}

/** A whole line as a broken SDK sends it. @throws RangeError for a kind that there is not */
export function breakEvent(line: string, kind: string): Buffer {
  const rewrite = BROKEN_KINDS[kind]
  if (rewrite === undefined) throw new RangeError(`no event is broken like '${kind}'`)
  return rewrite(line)
}
