import type { Cost } from '../../../../core/cost.ts'
import type { Statement } from '../../../../stores/postgres/client.ts'
import { keys } from '../keys.ts'
import type { Services } from '../services.ts'
import { END, KEPT, below, listOf, sourceOf } from './ids.ts'
import type { IdSource } from './ids.ts'
import { LEASE_SECONDS, flightOf, lead, newToken } from './lease.ts'
import { AUTHOR_PAGES, STORE_AUTHOR } from './scripts.ts'

const AUTHOR_POSTS: Statement = {
  name: 'feed_author_posts',
  text: `SELECT coalesce(string_agg(post_id::text, ',' ORDER BY post_id DESC), '') AS posts FROM (
  SELECT post_id FROM posts WHERE shard = shard_of($1) AND user_id = $1 AND deleted_at IS NULL
  ORDER BY post_id DESC LIMIT $2) newest`,
}

/** Authors' lists concern the relay too, which has no services. */
type Stores = Pick<Services, 'postgres' | 'redis'>

async function readPosts(stores: Stores, author: string, cost: Cost): Promise<string> {
  const rows = await stores.postgres.query<{ posts: string }>(AUTHOR_POSTS, [author, KEPT], cost)
  const posts = rows[0]?.posts ?? ''
  if (listOf(posts).length >= KEPT) return posts
  return posts === '' ? END : `${posts},${END}`
}

function rebuild(stores: Stores, author: string, token: string, cost: Cost): Promise<string> {
  const list = keys.author(author)
  return lead(stores.redis, list, token, async () => {
    const posts = await readPosts(stores, author, cost)
    const call = stores.redis.call(STORE_AUTHOR, [list, keys.lease(list)], [token, posts, KEPT])
    await stores.redis.wave([call], cost)
    return posts
  })
}

/** The pull authors' newest ids below a cursor, one source each: one wave where their lists are warm (S-20). */
export async function authorPages(
  stores: Stores,
  authors: readonly string[],
  before: string,
  want: number,
  cost: Cost,
): Promise<IdSource[]> {
  const token = newToken()
  const lists = authors.flatMap((author) => [keys.author(author), keys.lease(keys.author(author))])
  const call = stores.redis.call(AUTHOR_PAGES, lists, [before, want, token, LEASE_SECONDS])
  const [reply] = await stores.redis.wave([call], cost)
  const answers = reply as readonly string[]
  return Promise.all(
    authors.map(async (author, index) => {
      const answer = answers[index] ?? ''
      if (answer === 'lease') return below(sourceOf(await rebuild(stores, author, token, cost)), before, want)
      if (!answer.startsWith('busy')) return sourceOf(answer)
      const flight = flightOf(stores.redis, keys.author(author), answer.slice('busy;'.length))
      const posts = (await (flight ?? readPosts(stores, author, cost))) as string
      return below(sourceOf(posts), before, want)
    }),
  )
}
