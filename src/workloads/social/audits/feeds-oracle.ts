import { deriveSeed, random53 } from '../../../core/random.ts'
import type { Audit, AuditContext } from '../../../core/audit.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { followersOf } from './followers-of.ts'
import { acknowledgedPosts } from './run-posts.ts'
import { partsOf } from '../../../patterns/audits/scan.ts'
import { firstRunId, seededPopulation } from './seeded.ts'
import { socialAudit } from './social-audit.ts'
import { readAuthorLists, readWarmFeeds } from './warm-feeds.ts'
import type { StoredList, WarmFeed } from './warm-feeds.ts'
import { askedId, writesOf } from '../../../patterns/audits/writes.ts'

/** Readers drawn at random, followers of authors who posted, and users who followed, unfollowed or blocked. */
const SAMPLE = { random: 60, reached: 30, changed: 30 } as const
const PART = 20

/** Brute force: all posts of all whom the reader follows now and who are not blocked, deleted ones apart. */
const ORACLE: Statement = {
  name: 'audit feed oracle',
  text: `SELECT place, f.following_id AS author_id,
      coalesce(array_agg(p.post_id) FILTER (WHERE p.deleted_at IS NULL), '{}') AS live,
      coalesce(array_agg(p.post_id) FILTER (WHERE p.deleted_at IS NOT NULL), '{}') AS gone
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS r (reader, horizon, place)
    JOIN follows f ON f.shard = shard_of(r.reader) AND f.follower_id = r.reader
    JOIN posts p ON p.shard = shard_of(f.following_id) AND p.user_id = f.following_id AND p.post_id >= r.horizon
    WHERE NOT EXISTS (SELECT FROM blocks b WHERE b.shard = shard_of(r.reader)
        AND b.user_id = r.reader AND b.blocked_id = f.following_id)
      AND NOT EXISTS (SELECT FROM blocks b WHERE b.shard = shard_of(f.following_id)
        AND b.user_id = f.following_id AND b.blocked_id = r.reader)
    GROUP BY place, f.following_id`,
}

const STRANGERS: Statement = {
  name: 'audit feed strangers',
  text: `SELECT asked.post_id, p.user_id AS author_id, p.deleted_at IS NOT NULL AS gone
    FROM unnest($1::bigint[]) AS asked (post_id)
    LEFT JOIN posts p ON p.shard = shard_of(asked.post_id) AND p.post_id = asked.post_id`,
}

interface OracleRow {
  readonly place: bigint
  readonly author_id: bigint
  readonly live: readonly bigint[]
  readonly gone: readonly bigint[]
}

/** What a reader would be shown from Redis, and down to which id that claims to be all. */
interface MergedFeed {
  readonly feed: WarmFeed
  readonly ids: ReadonlySet<bigint>
  readonly horizon: bigint
  /** Pull authors without a list in Redis: their posts are read from the tables. */
  readonly unlisted: ReadonlySet<bigint>
}

function merge(feed: WarmFeed, lists: ReadonlyMap<bigint, StoredList>, usesPulls: boolean): MergedFeed {
  const pulls = usesPulls ? feed.pulls : []
  const sources = [feed.pushed, ...pulls.flatMap((author) => lists.get(author) ?? [])]
  let horizon = 0n
  for (const { ids, complete } of sources) {
    const last = ids.at(-1) ?? 0n
    if (!complete && last > horizon) horizon = last
  }
  const ids = new Set(sources.flatMap((source) => source.ids).filter((id) => id >= horizon))
  return { feed, ids, horizon, unlisted: new Set(pulls.filter((author) => !lists.has(author))) }
}

/** Lines about ids that the feed shows and the oracle does not know. */
async function explainStrangers(
  postgres: PostgresQueries,
  feed: WarmFeed,
  strangers: readonly bigint[],
): Promise<string[]> {
  if (strangers.length === 0) return []
  const rows = await postgres.query<{ post_id: bigint; author_id: bigint | null; gone: boolean }>(STRANGERS, [
    strangers,
  ])
  return rows.flatMap(({ post_id, author_id, gone }) => {
    if (author_id === null) return `feed of ${feed.reader}: post ${post_id} does not exist`
    if (gone || feed.hiddenAuthors.has(author_id)) return []
    return `feed of ${feed.reader}: post ${post_id} by ${author_id}, whom the reader does not follow or who is blocked`
  })
}

async function compare(
  postgres: PostgresQueries,
  merged: MergedFeed,
  rows: readonly OracleRow[],
  below: bigint,
): Promise<string[]> {
  const { feed, ids, unlisted } = merged
  const known = new Set<bigint>()
  const wrong: string[] = []
  for (const { author_id, live, gone } of rows) {
    for (const post of gone) known.add(post)
    for (const post of live) {
      known.add(post)
      if (unlisted.has(author_id) || post >= below) continue
      if (!ids.has(post)) wrong.push(`feed of ${feed.reader}: post ${post} by ${author_id} is missing`)
      else if (feed.hiddenAuthors.has(author_id))
        wrong.push(`feed of ${feed.reader}: followed author ${author_id} is hidden, with post ${post}`)
    }
  }
  const strangers = [...ids].filter((id) => !known.has(id))
  return [...wrong, ...(await explainStrangers(postgres, feed, strangers))]
}

/** Takes `count` of a list, by the seed of the run. */
function draw(list: readonly bigint[], count: number, seed: number): bigint[] {
  return Array.from(
    { length: Math.min(count, list.length) },
    (_, index) => list[random53(seed, index) % list.length] ?? 0n,
  )
}

async function sampleReaders(postgres: PostgresQueries, context: AuditContext): Promise<bigint[]> {
  const seeded = seededPopulation(context.population)
  const seed = deriveSeed(context.seed, 'feed oracle')
  const active = Array.from(seeded.activeUsers, (index) => seeded.userId(index))
  const authors = [...new Set((await acknowledgedPosts(context.journal)).values())]
  const followers = await followersOf(postgres, draw(authors, SAMPLE.reached, seed))
  const changed: bigint[] = []
  for await (const entry of writesOf(context.journal, ['follow.add', 'follow.remove', 'block.add']))
    changed.push(askedId(entry, entry.operation === 'block.add' ? 'blocked' : 'follower'))
  const readers = [
    ...draw(active, SAMPLE.random, seed),
    ...[...followers.values()].flatMap((list) =>
      draw(
        list.filter((id) => isActive(seeded, id)),
        1,
        seed,
      ),
    ),
    ...draw(changed, SAMPLE.changed, seed),
  ]
  return [...new Set(readers)]
}

function isActive(seeded: ReturnType<typeof seededPopulation>, userId: bigint): boolean {
  const index = seeded.indexOf(userId)
  return index !== undefined && seeded.isActive(index)
}

/**
 * Sampled warm feeds, merged with the lists of the pull authors as a reader would see them, equal a brute-force oracle
 * over the tables: nothing missing, nothing from those not followed, blocked or deleted. With `fanout=pull` feeds are
 * not kept up, so only the seeded posts are compared.
 */
export const feedsOracle: Audit = socialAudit(
  { name: 'feeds.equal-oracle', claims: ['SOC-66', 'SOC-71'], defects: ['S-20', 'S-21', 'S-41'] },
  'fixed',
  async ({ postgres, redis, context }) => {
    const findings = newFindings()
    const fanout = context.choice['fanout']
    const feeds = await readWarmFeeds(redis, await sampleReaders(postgres, context))
    const lists = await readAuthorLists(
      redis,
      feeds.flatMap((feed) => feed.pulls),
    )
    const below = fanout === 'pull' ? firstRunId(seededPopulation(context.population)) : 2n ** 63n
    for (const part of partsOf(feeds, PART)) {
      const merged = part.map((feed) => merge(feed, lists, fanout !== 'push'))
      const asked = [merged.map(({ feed }) => feed.reader), merged.map(({ horizon }) => horizon)]
      const rows = await postgres.query<OracleRow>(ORACLE, asked)
      for (const [index, one] of merged.entries()) {
        findings.checked += 1
        const own = rows.filter((row) => Number(row.place) === index + 1)
        for (const wrong of await compare(postgres, one, own, below)) addViolation(findings, wrong)
      }
    }
    return outcomeOf(findings)
  },
)
