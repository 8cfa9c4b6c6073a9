import { deriveSeed } from '../../../core/random.ts'
import { happens, octaveRank, rootOf, wordOf } from './choices.ts'
import { BROWSERS, COUNTRIES, DEVICES, EVENT_TYPES, REFERRERS } from './tables.ts'
import { writeUuid } from './write-bytes.ts'

/** Events of one batch, as an SDK sends them (`model.ts` has the origin). */
export const BATCH = 100
/** Batches that a population holds at most, 1.6 billion events: the numbers of those that are sent come after. */
export const POPULATION_BATCHES: number = 2 ** 24
/** Users, sessions and pages go by Zipf's law over these many octaves: 2^20 users, 2^14 pages. */
export const USER_OCTAVES = 20
export const PAGE_OCTAVES = 14
const DURATION_OCTAVES = 13
/** Batches that come next to each other belong to so many sessions. */
const NEIGHBOURS = 32
const SESSIONS = 8
/** Milliseconds between two events of a batch: an SDK sends after five seconds. */
const EVENT_GAP_MS = 50
const HOUR_MS = 3_600_000
/** Of a million batches: from devices that were offline, with a clock at zero, and with one at its 32-bit end. */
export const CLOCKS_PER_MILLION = { late: 10_000, in1970: 2_500, in2106: 2_500 } as const
/** Of a million events: whose address says who came, and by which click of an advertisement. */
export const QUERIES_PER_MILLION = 50_000
const END_OF_32_BITS_MS = 4_294_967_295_000

/** Numbers of traits, so that each is drawn from words of its own. */
const TRAIT = {
  session: 1,
  user: 2,
  userInOctave: 3,
  place: 4,
  device: 5,
  browser: 6,
  type: 7,
  page: 8,
  pageInOctave: 9,
  referrer: 10,
  duration: 11,
  durationInOctave: 12,
  clock: 13,
  lateness: 14,
  query: 15,
  id: 20,
} as const

/** What the address of a page begins with; its number follows. */
export const PAGE_URL = 'https://shop.example/page/'

/** The seeds of one run's events. */
export interface EventSeeds {
  readonly event: number
  readonly session: number
  readonly batch: number
}

/** @param seed of the run or of its population */
export function eventSeeds(seed: number): EventSeeds {
  return {
    event: deriveSeed(seed, 'event'),
    session: deriveSeed(seed, 'session'),
    batch: deriveSeed(seed, 'batch'),
  }
}

/** What the events of a session have in common. */
export interface Session {
  readonly sessionId: string
  readonly userId: number
  readonly userAgent: string
  readonly country: string
  readonly region: string
  readonly city: string
  readonly deviceType: string
  readonly browser: string
}

/** What an event has of its own: `root` makes its id, types and referrers are places in their tables. */
export interface EventNumbers {
  readonly root: number
  readonly type: number
  /** Whether its address has a query as it is sent. */
  readonly hasQuery: boolean
  readonly page: number
  readonly referrer: number
  readonly durationMs: number
}

/** The same as it is stored: an address without its query. */
export interface EventTraits {
  readonly eventId: string
  readonly eventType: string
  readonly pageUrl: string
  readonly referrer: string
  readonly durationMs: number
}

/** Writes the UUID of four words. The first is the root itself: roots differ, so ids do. @returns where it ends */
export function writeId(target: Buffer, at: number, root: number): number {
  const [b, c, d] = [wordOf(root, TRAIT.id), wordOf(root, TRAIT.id + 1), wordOf(root, TRAIT.id + 2)]
  return writeUuid(target, at, root, b, c, d)
}

function uuidOf(root: number): string {
  const target = Buffer.allocUnsafe(36)
  return target.toString('latin1', 0, writeId(target, 0, root))
}

function pick(table: readonly string[], word: number): string {
  return table[word % table.length] ?? ''
}

/** The number of the session that a batch belongs to. Pure in (seeds, batch). */
export function sessionNumber(seeds: EventSeeds, batch: number): number {
  const word = wordOf(rootOf(seeds.batch, batch), TRAIT.session)
  return Math.floor(batch / NEIGHBOURS) * SESSIONS + (word % SESSIONS)
}

/** A session. Pure in (seeds, session). */
export function sessionOf(seeds: EventSeeds, session: number): Session {
  const root = rootOf(seeds.session, session)
  const place = wordOf(root, TRAIT.place)
  const country = pick(COUNTRIES, place)
  const region = `${country}-${1 + ((place >>> 8) & 7)}`
  const deviceType = pick(DEVICES, wordOf(root, TRAIT.device))
  const browserWord = wordOf(root, TRAIT.browser)
  const browser = pick(BROWSERS, browserWord)
  return {
    sessionId: uuidOf(root),
    userId: octaveRank(wordOf(root, TRAIT.user), wordOf(root, TRAIT.userInOctave), USER_OCTAVES),
    userAgent: `Mozilla/5.0 (${deviceType}) ${browser}/${100 + ((browserWord >>> 8) & 15)}`,
    country,
    region,
    city: `${region}-${1 + ((place >>> 16) & 15)}`,
    deviceType,
    browser,
  }
}

/** What an event has of its own, in numbers. Pure in (seeds, event). @param event below 2^32 */
export function numbersOf(seeds: EventSeeds, event: number): EventNumbers {
  const root = rootOf(seeds.event, event)
  const octave = wordOf(root, TRAIT.duration)
  return {
    root,
    type: wordOf(root, TRAIT.type) % EVENT_TYPES.length,
    hasQuery: happens(wordOf(root, TRAIT.query), QUERIES_PER_MILLION),
    page: octaveRank(wordOf(root, TRAIT.page), wordOf(root, TRAIT.pageInOctave), PAGE_OCTAVES),
    referrer: wordOf(root, TRAIT.referrer) % REFERRERS.length,
    durationMs: octaveRank(octave, wordOf(root, TRAIT.durationInOctave), DURATION_OCTAVES) * 8,
  }
}

/** What an event has of its own. Pure in (seeds, event). @param event below 2^32 */
export function traitsOf(seeds: EventSeeds, event: number): EventTraits {
  const { root, type, page, referrer, durationMs } = numbersOf(seeds, event)
  return {
    eventId: uuidOf(root),
    eventType: EVENT_TYPES[type] ?? '',
    pageUrl: `${PAGE_URL}${page}`,
    referrer: REFERRERS[referrer] ?? '',
    durationMs,
  }
}

/**
 * How far the clock of the device that sends a batch is from the collector's, in milliseconds, or where it stands.
 * Devices that were offline are up to six hours late; few have lost their clock. Pure in (seeds, batch).
 */
export function clockOf(
  seeds: EventSeeds,
  batch: number,
): { readonly lateMs: number } | { readonly atMs: number } {
  const root = rootOf(seeds.batch, batch)
  const word = wordOf(root, TRAIT.clock)
  const { late, in1970, in2106 } = CLOCKS_PER_MILLION
  if (happens(word, in1970)) return { atMs: 0 }
  if (happens(word, in1970 + in2106)) return { atMs: END_OF_32_BITS_MS }
  const isLate = happens(word, in1970 + in2106 + late)
  return { lateMs: isLate ? wordOf(root, TRAIT.lateness) % (6 * HOUR_MS) : 0 }
}

/** When the device says that event `position` of a batch happened, if it sends the batch at `sentMs`. */
export function clientTimeMs(clock: ReturnType<typeof clockOf>, sentMs: number, position: number): number {
  if ('atMs' in clock) return clock.atMs
  return sentMs - clock.lateMs - (BATCH - 1 - position) * EVENT_GAP_MS
}
