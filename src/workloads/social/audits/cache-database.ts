import type { Audit } from '../../../core/audit.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import { isAbsentText } from '../../../patterns/cache/codec.ts'
import { postCodec } from '../fixed/cache/post-codec.ts'
import { userCodec } from '../fixed/cache/user-codec.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { partsOf, scanKeys } from '../../../patterns/audits/scan.ts'
import { socialAudit } from './social-audit.ts'
import type { AuditWork } from './social-audit.ts'

const PART = 1_000

/** Fields of an object, by the names that a person reads. */
type Fields = Readonly<Record<string, unknown>>

/** One kind of cached object, and how the tables tell what it should be. */
interface CachedKind {
  readonly prefix: string
  /** Undefined for a text that no process of this version can read. */
  decode(text: string): Fields | undefined
  /** Objects of the ids $1, their columns named as the fields: `id` and the rest. */
  readonly truth: Statement
}

const POSTS: CachedKind = {
  prefix: 'post:',
  decode(text) {
    const post = postCodec.decode(text)
    if (post === undefined) return undefined
    const { view } = post
    return {
      author: view.authorId,
      username: view.username,
      picture: view.pictureUrl,
      caption: view.caption,
      media: JSON.stringify(view.mediaUrls),
      private: post.authorIsPrivate,
      likes: BigInt(view.likeCount),
      comments: BigInt(view.commentCount),
    }
  },
  truth: {
    name: 'audit cached posts',
    text: `SELECT p.post_id AS id, p.user_id AS author, u.username, coalesce(u.profile_pic_url, '') AS picture, p.caption,
        p.media_urls, u.is_private AS private, c.likes, c.comments
      FROM unnest($1::bigint[]) AS asked (post_id)
      JOIN posts p ON p.shard = shard_of(asked.post_id) AND p.post_id = asked.post_id AND p.deleted_at IS NULL
      JOIN users u ON u.shard = p.shard AND u.user_id = p.user_id
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(count) FILTER (WHERE kind = 1), 0)::bigint AS likes,
          coalesce(sum(count) FILTER (WHERE kind = 2), 0)::bigint AS comments
        FROM counters WHERE shard = p.shard AND entity_id = p.post_id AND kind IN (1, 2)) c`,
  },
}

const USERS: CachedKind = {
  prefix: 'user:',
  decode(text) {
    const profile = userCodec.decode(text)
    if (profile === undefined) return undefined
    return {
      username: profile.username,
      name: profile.fullName,
      bio: profile.bio,
      picture: profile.pictureUrl,
      private: profile.isPrivate,
      version: profile.version,
      followers: BigInt(profile.followerCount),
      following: BigInt(profile.followingCount),
      posts: BigInt(profile.postCount),
    }
  },
  truth: {
    name: 'audit cached users',
    text: `SELECT u.user_id AS id, u.username, coalesce(u.full_name, '') AS name, coalesce(u.bio, '') AS bio,
        coalesce(u.profile_pic_url, '') AS picture, u.is_private AS private, u.version,
        c.followers, c.following, c.posts
      FROM unnest($1::bigint[]) AS asked (user_id)
      JOIN users u ON u.shard = shard_of(asked.user_id) AND u.user_id = asked.user_id
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(count) FILTER (WHERE kind = 4), 0)::bigint AS followers,
          coalesce(sum(count) FILTER (WHERE kind = 5), 0)::bigint AS following,
          coalesce(sum(count) FILTER (WHERE kind = 6), 0)::bigint AS posts
        FROM counters WHERE shard = u.shard AND entity_id = u.user_id AND kind IN (4, 5, 6)) c`,
  },
}

async function readTruth(
  postgres: PostgresQueries,
  kind: CachedKind,
  ids: readonly bigint[],
): Promise<ReadonlyMap<bigint, Fields>> {
  const rows = await postgres.query<{ id: bigint; media_urls?: unknown }>(kind.truth, [ids])
  return new Map(
    rows.map(({ id, media_urls, ...fields }) => [
      id,
      media_urls === undefined ? fields : { ...fields, media: JSON.stringify(media_urls) },
    ]),
  )
}

function compare(key: string, text: string, kind: CachedKind, truth: Fields | undefined): string | undefined {
  if (isAbsentText(text))
    return truth === undefined ? undefined : `${key} says that there is none, and there is`
  const cached = kind.decode(text)
  if (cached === undefined) return `${key} is not of this version`
  if (truth === undefined) return `${key} is cached, and deleted or never there`
  const field = Object.keys(cached).find((name) => cached[name] !== truth[name])
  if (field === undefined) return undefined
  return `${key}: ${field} is ${String(cached[field])} in the cache, ${String(truth[field])} in the tables`
}

async function checkKind(
  { postgres, redis }: AuditWork,
  kind: CachedKind,
  findings: Findings,
): Promise<void> {
  for await (const found of scanKeys(redis, `${kind.prefix}*`)) {
    for (const part of partsOf(found, PART)) {
      const [reply] = await redis.wave([['mget', ...part]])
      const texts = reply as readonly (string | null)[]
      const truth = await readTruth(
        postgres,
        kind,
        part.map((key) => BigInt(key.slice(kind.prefix.length))),
      )
      for (const [index, key] of part.entries()) {
        const text = texts[index] ?? null
        if (text === null) continue
        findings.checked += 1
        const wrong = compare(key, text, kind, truth.get(BigInt(key.slice(kind.prefix.length))))
        if (wrong !== undefined) addViolation(findings, wrong)
      }
    }
  }
}

/** Every cached post and profile equals its row and its counters; a negative entry stands for no row. */
export const cacheDatabase: Audit = socialAudit(
  {
    name: 'cache.equals-database',
    claims: ['SOC-42', 'SOC-72', 'SOC-78'],
    defects: ['S-17', 'S-32', 'S-36'],
  },
  'fixed',
  async (work) => {
    const findings = newFindings()
    await checkKind(work, POSTS, findings)
    await checkKind(work, USERS, findings)
    return outcomeOf(findings)
  },
)
