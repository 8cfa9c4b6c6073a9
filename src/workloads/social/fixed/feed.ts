import type { Context } from '../../../core/operation.ts'
import type { FeedPage, PostView } from '../application.ts'
import { authorPages } from './feed/author-lists.ts'
import { databasePage } from './feed/database-page.ts'
import { hiddenAuthors, hydrate } from './feed/hydrate.ts'
import { below, listOf, mergeSources, sourceOf } from './feed/ids.ts'
import type { IdSource } from './feed/ids.ts'
import { LEASE_SECONDS, flightOf, newToken } from './feed/lease.ts'
import { computeFeed, rebuildFeed } from './feed/rebuild.ts'
import type { RebuiltFeed } from './feed/rebuild.ts'
import { FEED_PAGE } from './feed/scripts.ts'
import { keys } from './keys.ts'
import type { Services } from './services.ts'

/** Ids beyond the page, in case some of its posts are deleted or hidden. */
const SPARE = 4
/** Seconds that a feed in use lives after its last renewal; a prewarmed one has no end. */
const FEED_SECONDS = 7 * 86_400
/** Waves over the stored feed before the rest of a page comes from PostgreSQL: the spare ids suffice but for rare feeds. */
const MAX_WAVES = 3

/** The ids of one wave over a reader's feed, and who is hidden from him. */
interface FeedSlice {
  readonly source: FeedPage['source']
  readonly ids: IdSource
  readonly pulls: readonly string[]
  readonly hidden: ReadonlySet<string> | undefined
}

function rebuiltSlice(rebuilt: RebuiltFeed, before: string, want: number): FeedSlice {
  return {
    source: 'cold',
    ids: below(rebuilt.feed, before, want),
    pulls: rebuilt.pulls,
    hidden: rebuilt.blocked.length === 0 ? undefined : new Set(rebuilt.blocked),
  }
}

/** The first wave: the stored feed, or where it is cold what one of all its readers rebuilds (S-22, S-35). */
async function readSlice(
  services: Services,
  reader: string,
  before: string,
  want: number,
  context: Context,
): Promise<FeedSlice> {
  const { redis } = services
  const feed = keys.feed(reader)
  const stored = [feed, keys.pulls(reader), keys.hidden(reader), keys.lease(feed)]
  const token = newToken()
  const call = redis.call(FEED_PAGE, stored, [before, want, token, LEASE_SECONDS, FEED_SECONDS])
  const [reply] = await redis.wave([call], context.cost)
  const [state, first = '', second = '', third = ''] = (reply as string).split(';')
  if (state === 'lease') {
    return rebuiltSlice(await rebuildFeed(services, reader, token, context.cost), before, want)
  }
  if (state === 'busy') {
    const flight = flightOf(redis, feed, first) as Promise<RebuiltFeed> | undefined
    // Another process leads: to wait for it would cost more round trips than to read the tables once.
    const rebuilt = await (flight ?? computeFeed(services, reader, context.cost))
    return rebuiltSlice(rebuilt, before, want)
  }
  const pulls =
    second === '0' || services.choice.fanout === 'push' ? [] : listOf(second).filter((id) => id !== '0')
  const hidden = third === '0' ? undefined : hiddenAuthors(listOf(third))
  return { source: 'warm', ids: sourceOf(first), pulls, hidden }
}

/** A page below `before`, wholly from PostgreSQL. */
async function fromDatabase(
  services: Services,
  reader: string,
  before: string,
  limit: number,
  source: FeedPage['source'],
  context: Context,
): Promise<FeedPage> {
  const ids = await databasePage(services, reader, before, limit, context.cost)
  const { posts, last, more } = await hydrate(services, ids, undefined, limit, context.cost)
  return { posts, next: more && last !== undefined ? BigInt(last) : undefined, source, celebrities: 0 }
}

/**
 * A page of a reader's feed: stored ids of pushed posts, merged with the newest of each pull author that he follows,
 * without what is deleted or hidden (SOC-66 to SOC-74, S-20 to S-31). Warm: two waves of Redis commands, three for a
 * reader of celebrities, no SQL. `before` is the cursor that the page before answered; `page` is ignored (S-23).
 * @throws OperationFailure when a store cannot be asked
 */
export async function readFeed(
  services: Services,
  request: { readerId: bigint; page: number; before: bigint | undefined; limit: number },
  context: Context,
): Promise<FeedPage> {
  const { limit } = request
  const reader = String(request.readerId)
  let before = request.before === undefined ? '' : String(request.before)
  if (services.choice.fanout === 'pull') return fromDatabase(services, reader, before, limit, 'cold', context)

  const want = limit + SPARE
  const posts: PostView[] = []
  let made: FeedPage['source'] = 'warm'
  let celebrities = 0
  for (let wave = 0; wave < MAX_WAVES; wave += 1) {
    const slice = await readSlice(services, reader, before, want, context)
    if (slice.source === 'cold') made = 'cold'
    celebrities = slice.pulls.length
    const ids =
      celebrities === 0
        ? slice.ids
        : mergeSources([slice.ids, ...(await authorPages(services, slice.pulls, before, want, context.cost))])
    const page = await hydrate(services, ids, slice.hidden, limit - posts.length, context.cost)
    if (posts.length === 0 && page.posts.length === limit) {
      return { ...endOf(page.posts, page.more, page.last), source: made, celebrities }
    }
    posts.push(...page.posts)
    if (!page.more || posts.length >= limit) {
      return { ...endOf(posts, page.more, page.last), source: made, celebrities }
    }
    // No id is left below the cursor: the stored feed ends here, and what is older is in the tables only.
    if (page.last === undefined) break
    before = page.last
  }
  const rest = await fromDatabase(services, reader, before, limit - posts.length, 'deep', context)
  posts.push(...rest.posts)
  return { posts, next: rest.next, source: made === 'cold' ? 'cold' : 'deep', celebrities }
}

function endOf(
  posts: PostView[],
  more: boolean,
  last: string | undefined,
): { posts: PostView[]; next: bigint | undefined } {
  return { posts, next: more && last !== undefined ? BigInt(last) : undefined }
}
