import { arrivalKey } from '../../../core/operation.ts'
import type { Arrival, Operation } from '../../../core/operation.ts'
import { firstIdAt } from '../../../core/snowflake.ts'
import type { FeedPage, SocialApplication } from '../application.ts'
import { rates, shares } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import { resultOf } from './own.ts'
import type { FeedRead } from './feed-checks.ts'
import { feedChecks } from './feed-checks.ts'
import { CODE } from './code.ts'

const NAME = 'feed.read'
const LIMIT = 20
const DAY_MS = 86_400_000
/** Pages deeper than the first are asked for by readers who are not cold: their share among those. */
const DEEP_AMONG_OTHERS = shares.deepFeedReads.value / (1 - shares.coldFeedReads.value)
/** Fans among the readers of first pages who are active. */
const FANS = shares.celebrityFeedReads.value / (1 - shares.coldFeedReads.value - shares.deepFeedReads.value)

/** The number of cold readers before this arrival: they are spread evenly, so that everybody's turn is known. */
function coldTurn(id: ArrivalId): number | undefined {
  const share = shares.coldFeedReads.value
  const turn = Math.floor(id.index * share)
  return Math.floor((id.index + 1) * share) > turn ? turn : undefined
}

/** Warm-up and probes walk from other ends than the measured mix, so that nobody comes back soon. */
function coldReader(world: SocialWorld, id: ArrivalId, turn: number): number {
  const { returning } = world.people
  const count = returning.members.length
  if (id.phase === 'warmup') return returning.walk(count - 1 - turn)
  return returning.walk(id.stream === 'mix' ? turn : Math.floor(count / 2) + turn)
}

function isDeep(root: number, id: ArrivalId): boolean {
  return coldTurn(id) === undefined && uniform(root, 0) < DEEP_AMONG_OTHERS
}

/** Who reads the first page at this arrival. */
function firstPageReader(world: SocialWorld, id: ArrivalId, root: number): number {
  const turn = coldTurn(id)
  if (turn !== undefined) return coldReader(world, id, turn)
  const readers = uniform(root, 1) < FANS ? world.people.fans : world.people.others
  return readers.draw(uniform(root, 2))
}

/** The latest first page, about half a second to a second ago; pages of other pages would go ever deeper. */
function pageBefore(world: SocialWorld, arrival: Arrival, root: number): ArrivalId | undefined {
  const found = earlier(world.pace, arrival, { operation: NAME, lagSeconds: 0.5 + 0.5 * uniform(root, 3) })
  if (found === undefined) return undefined
  for (let index = found.index; index >= 0; index -= 1) {
    const id: ArrivalId = { ...found, index }
    if (!isDeep(rootOf(world.seed, CODE.feedRead, id), id)) return id
  }
  return undefined
}

function input(arrival: Arrival, world: SocialWorld): FeedRead {
  const root = rootOf(world.seed, CODE.feedRead, arrival)
  const key = arrivalKey(CODE.feedRead, arrival.phase, arrival.stream, arrival.index)
  const page = (reader: number, number: number, before: bigint | undefined, chained: boolean): FeedRead => ({
    reader,
    readerId: world.population.userId(reader),
    page: number,
    before,
    limit: LIMIT,
    chained,
    isFan: world.population.followsCelebrity(reader),
    key,
  })
  if (!isDeep(root, arrival)) return page(firstPageReader(world, arrival, root), 1, undefined, false)
  const parent = pageBefore(world, arrival, root)
  const reader = firstPageReader(
    world,
    parent ?? arrival,
    rootOf(world.seed, CODE.feedRead, parent ?? arrival),
  )
  const cursor = parent && resultOf(world, CODE.feedRead, parent)
  if (cursor !== undefined) return page(reader, 2, cursor, true)
  countStandIn(world, NAME)
  const past = Math.floor((1 + 13 * uniform(root, 4)) * DAY_MS)
  return page(reader, 2, firstIdAt(world.population.endMs - past), false)
}

/** The part of a feed read; the first that fits: `cold`, `deep`, `celebrity` (the reader follows one), `warm`. */
function feedPart(read: FeedRead, page: FeedPage): string {
  if (page.source === 'cold') return 'cold'
  if (read.page > 1 || page.source === 'deep') return 'deep'
  return read.isFan ? 'celebrity' : 'warm'
}

const below300 = { percentile: 99, belowMs: 300, claims: ['SOC-06'] } as const

/**
 * A page of a reader's feed (SOC-67). Most readers are active; one in sixteen comes back after a long while, one in
 * twenty asks for the page after one that an earlier arrival of the same reader was answered.
 */
export const feedRead: Operation<SocialApplication, SocialWorld, FeedRead, FeedPage> = {
  name: NAME,
  claims: ['SOC-06', 'SOC-67'],
  kind: 'read',
  rate: rates[NAME],
  targets: [
    below300,
    { ...below300, part: 'warm' },
    { ...below300, part: 'cold' },
    { ...below300, part: 'celebrity' },
    { ...below300, part: 'deep' },
  ],
  parts: {
    cold: { expectedShare: shares.coldFeedReads.value },
    deep: { expectedShare: shares.deepFeedReads.value },
    celebrity: { expectedShare: shares.celebrityFeedReads.value },
    warm: {
      expectedShare:
        1 - shares.coldFeedReads.value - shares.deepFeedReads.value - shares.celebrityFeedReads.value,
    },
  },
  checks: feedChecks,
  input,
  run: (application, read, context) =>
    application.readFeed(
      { readerId: read.readerId, page: read.page, before: read.before, limit: read.limit },
      context,
    ),
  part: feedPart,
  result: (read, page) => (page.next === undefined ? undefined : { key: read.key, id: page.next }),
}
