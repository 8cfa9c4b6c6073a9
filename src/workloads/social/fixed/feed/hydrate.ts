import type { Cost } from '../../../../core/cost.ts'
import type { PostView } from '../../application.ts'
import type { Services } from '../services.ts'
import type { IdSource } from './ids.ts'

/** Authors whose posts a reader must not see, from the members of his hidden set; undefined when there are none. */
export function hiddenAuthors(members: readonly string[]): ReadonlySet<string> | undefined {
  let authors: Set<string> | undefined
  for (const member of members) {
    const kind = member.charCodeAt(0)
    if (kind !== 98 && kind !== 117) continue
    authors ??= new Set()
    authors.add(member.slice(1))
  }
  return authors
}

/** Posts of a page, and how far down its ids it reached. */
export interface Hydrated {
  readonly posts: PostView[]
  /** The last id that was looked at; undefined when there were none. */
  readonly last: string | undefined
  readonly more: boolean
}

/**
 * Up to `limit` visible posts of a source, in order. Deleted and hidden ones are left out and the page is filled from
 * the ids behind them (SOC-72, SOC-74, S-41): one MGET as a rule, none when this process holds all the posts.
 */
export async function hydrate(
  services: Services,
  source: IdSource,
  hidden: ReadonlySet<string> | undefined,
  limit: number,
  cost: Cost,
): Promise<Hydrated> {
  const posts: PostView[] = []
  let at = 0
  while (posts.length < limit && at < source.ids.length) {
    const ids = source.ids.slice(at, at + limit - posts.length)
    at += ids.length
    for (const post of await services.cache.posts.getMany(ids, cost)) {
      if (post !== undefined && hidden?.has(post.author) !== true) posts.push(post.view)
    }
  }
  return { posts, last: source.ids[at - 1], more: at < source.ids.length || !source.complete }
}
